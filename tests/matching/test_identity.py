"""Handing over the identity: once, for a time, revocable, and only what the patient agreed to."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.communication import gates
from apps.communication.models import EmailMessage
from apps.core.errors import Refused, StaleState
from apps.events.models import DomainEvent
from apps.matching.models import IdentityLink, InquiryContact, PlacementRequest
from apps.matching.services import identity
from apps.matching.services.identity import Identity
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, change_parameter, fresh

pytestmark = pytest.mark.django_db


def accepted(status: str = "accepted", **fields: Any) -> PlacementRequest:
    """Accepted and released, with every consent."""
    person = PatientFactory(searching=True, first_name="Kim", last_name="Ahorn", phone="+493411234567")
    search = SearchFactory(patient=person, status="trial")
    values = {"identity_released_at": AT, **fields}
    return RequestFactory(search=search, status=status, **values)


def hand_over(request: PlacementRequest, actor: Any = None, at: Any = AT) -> tuple[IdentityLink, str]:
    """The link and the token that is in its letter only."""
    link = identity.hand_over(request=request, actor=actor, at=at)
    assert link.email is not None
    return link, token_of(link.email)


def token_of(email: EmailMessage) -> str:
    (token,) = re.findall(r"/identity/([^/\s]+)/\n", email.text)
    return token


def events() -> list[str]:
    told = DomainEvent.objects.filter(type__startswith="identity.").order_by("pk")
    return list(told.values_list("type", flat=True))


# handing over


def test_link_is_in_the_letter_and_its_fingerprint_in_the_row(coordinator: User) -> None:
    request = accepted()
    link, token = hand_over(request, actor=coordinator)
    assert len(token) == 43
    assert link.token_hash == identity.fingerprint(token)
    assert token not in str(vars(link))
    assert (link.created_at, link.created_by, link.expires_at) == (AT, coordinator, AT + timedelta(days=7))
    assert events() == ["identity.handed_over"]


def test_letter_goes_to_the_therapist_and_names_nobody() -> None:
    request = accepted()
    link, _token = hand_over(request)
    email = link.email
    assert email is not None
    assert (email.kind, email.therapist, email.status) == ("identity", request.therapist, "queued")
    assert email.to_email == request.therapist.practices.get().email
    for word in ("Kim", "Ahorn", "+493411234567", "0341"):
        assert word not in email.subject + email.text + email.html
    assert InquiryContact.objects.get(email=email).request_ids == [request.pk]
    assert gates.refusal(email, AT) is None


def test_second_click_makes_no_second_link() -> None:
    request = accepted()
    link, _token = hand_over(request)
    assert identity.hand_over(request=request, actor=None, at=AT + timedelta(hours=1)) == link
    assert EmailMessage.objects.count() == 1


def test_days_of_the_link_are_a_parameter() -> None:
    change_parameter("identity_link_days", 3)
    link, _token = hand_over(accepted())
    assert link.expires_at == AT + timedelta(days=3)


def test_confirmed_place_may_be_handed_over_as_well() -> None:
    link, _token = hand_over(accepted("confirmed"))
    assert link.pk is not None


@pytest.mark.parametrize("status", ["sent", "rejected", "withdrawn", "conflict", "not_fitting"])
def test_only_who_said_yes_gets_a_link(status: str) -> None:
    with pytest.raises(StaleState):
        identity.hand_over(request=accepted(status), actor=None, at=AT)
    assert not IdentityLink.objects.exists()


def test_release_comes_first() -> None:
    with pytest.raises(Refused):
        identity.hand_over(request=accepted(identity_released_at=None), actor=None, at=AT)


def test_consent_is_asked_at_the_moment() -> None:
    request = accepted()
    request.search.patient.consents.filter(purpose="identity").delete()
    with pytest.raises(Refused):
        identity.hand_over(request=request, actor=None, at=AT)
    assert not EmailMessage.objects.exists()


@pytest.mark.parametrize("fields", [{"practice__email": ""}, {"do_not_contact_since": AT.date()}])
def test_without_an_address_it_is_told_by_phone(fields: dict[str, Any]) -> None:
    inquiry = InquiryFactory(therapist=TherapistFactory(**fields), status="answered")
    with pytest.raises(Refused):
        identity.hand_over(request=accepted(inquiry=inquiry), actor=None, at=AT)
    assert not IdentityLink.objects.exists()


# opening


def test_link_shows_what_is_needed_and_opens_once() -> None:
    request = accepted()
    link, token = hand_over(request)
    shown = identity.open_link(token=token, at=AT + timedelta(days=1))
    patient = request.search.patient
    assert shown == Identity(
        case_code=patient.case_code,
        name="Kim Ahorn",
        phone="+493411234567",
        email=patient.email,
        insurance="gesetzlich (GKV)",
        insurer="Ahornkasse",
    )
    assert fresh(link).opened_at == AT + timedelta(days=1)
    assert identity.open_link(token=token, at=AT + timedelta(days=1)) is None
    assert fresh(link).opened_at == AT + timedelta(days=1)
    assert events() == ["identity.handed_over", "identity.opened"]


def test_link_opens_until_its_last_moment() -> None:
    link, token = hand_over(accepted())
    assert identity.open_link(token=token, at=link.expires_at) is None
    assert fresh(link).opened_at is None
    assert identity.open_link(token=token, at=link.expires_at - timedelta(seconds=1)) is not None


@pytest.mark.parametrize("token", ["", "x", "ö", "A" * 43, "' OR 1=1 --"])
def test_forged_link_opens_nothing(token: str) -> None:
    hand_over(accepted())
    assert identity.find(token=token) is None
    assert identity.open_link(token=token, at=AT) is None


def test_fingerprint_is_no_key() -> None:
    link, _token = hand_over(accepted())
    assert identity.open_link(token=link.token_hash, at=AT) is None


def test_link_of_a_withdrawn_consent_opens_nothing() -> None:
    request = accepted()
    _link, token = hand_over(request)
    request.search.patient.consents.filter(purpose="identity").update(withdrawn_on=AT.date())
    assert identity.open_link(token=token, at=AT + timedelta(hours=1)) is None


@pytest.mark.parametrize("change", [{"status": "not_fitting"}, {"identity_released_at": None}])
def test_link_of_a_taken_back_acceptance_opens_nothing(change: dict[str, Any]) -> None:
    request = accepted()
    _link, token = hand_over(request)
    PlacementRequest.objects.filter(pk=request.pk).update(**change)
    assert identity.open_link(token=token, at=AT) is None


def test_new_link_after_the_first_was_opened() -> None:
    request = accepted()
    first, token = hand_over(request)
    identity.open_link(token=token, at=AT)
    second, other = hand_over(request, at=AT + timedelta(hours=1))
    assert second != first
    assert identity.open_link(token=other, at=AT + timedelta(hours=2)) is not None


# revoking


def test_revoked_link_opens_nothing_and_its_waiting_letter_is_cancelled() -> None:
    link, token = hand_over(accepted())
    identity.revoke(link=link, actor=None, at=AT)
    assert fresh(link).revoked_at == AT
    assert fresh(link.email).status == "cancelled"
    assert identity.open_link(token=token, at=AT) is None
    identity.revoke(link=link, actor=None, at=AT + timedelta(hours=1))
    assert fresh(link).revoked_at == AT
    assert events() == ["identity.handed_over", "identity.revoked"]


def test_letter_of_a_revoked_link_is_refused_by_the_sender() -> None:
    link, _token = hand_over(accepted())
    IdentityLink.objects.filter(pk=link.pk).update(revoked_at=AT)
    assert link.email is not None
    assert gates.refusal(link.email, AT) == "link"


def test_opened_link_cannot_be_revoked() -> None:
    link, token = hand_over(accepted())
    identity.open_link(token=token, at=AT)
    with pytest.raises(StaleState):
        identity.revoke(link=link, actor=None, at=AT)


# two at once


@pytest.mark.django_db(transaction=True)
def test_link_opened_by_two_at_once_shows_itself_to_one() -> None:
    now = timezone.now()
    _link, token = hand_over(accepted(), at=now)

    def opened(_number: int) -> bool:
        try:
            return identity.open_link(token=token, at=now) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(opened, range(8))) == [False] * 7 + [True]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_link() -> None:
    now = timezone.now()
    request = accepted()

    def clicked(_number: int) -> int:
        try:
            return identity.hand_over(request=request, actor=None, at=now).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(clicked, range(4)))) == 1
    assert EmailMessage.objects.count() == 1
