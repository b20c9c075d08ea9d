"""Other waiting patients are offered once, to whom they fit, and only where a letter may go."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.communication.enums import Refusal
from apps.communication.models import EmailMessage
from apps.communication.services import addresses, queue
from apps.core import parameters
from apps.core.errors import Refused
from apps.matching.enums import RequestStatus
from apps.matching.models import Inquiry, InquiryContact
from apps.matching.selectors.alternatives import count_alternatives, is_ready_for_others
from apps.matching.services import alternatives
from apps.therapists.enums import TherapistStatus
from tests.factories.matching import ANSWERED_AT, InquiryFactory, RequestFactory, SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, TODAY

pytestmark = pytest.mark.django_db

SOON = date(2026, 12, 1)


def thanked(**therapist: Any) -> Inquiry:
    """Said yes as the second one and was thanked for it."""
    inquiry = InquiryFactory(status="answered", therapist=TherapistFactory(**therapist))
    RequestFactory(
        inquiry=inquiry,
        status=RequestStatus.WITHDRAWN,
        conflict_resolved_at=ANSWERED_AT,
        search__status="trial",
    )
    return inquiry


def with_place(**request: Any) -> Inquiry:
    """Declined this patient, but has a place for somebody."""
    inquiry = InquiryFactory(status="answered", therapist=TherapistFactory(free_individual_from=SOON))
    RequestFactory(inquiry=inquiry, status="rejected", locked_until=date(2026, 12, 20), **request)
    return inquiry


def count(inquiry: Inquiry) -> int:
    return count_alternatives(inquiry=inquiry, today=TODAY, parameters=parameters.current(at=AT))


def send(inquiry: Inquiry, actor: User | None = None) -> EmailMessage:
    return alternatives.send_alternatives(inquiry=inquiry, actor=actor, at=AT)


@pytest.mark.parametrize("make", [thanked, with_place])
def test_count_is_of_those_who_wait_and_fit(make: Callable[[], Inquiry]) -> None:
    inquiry = make()
    SearchFactory()
    SearchFactory(paused=True)
    SearchFactory(patient__gender="male", patient__wished_gender="male")  # the therapist is a woman
    assert inquiry.therapist.gender == "female"
    assert count(inquiry) == 1


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        ("answered", {}),
        ("sent", {"free_individual_from": SOON}),
        ("expired", {"free_group_from": SOON}),
    ],
)
def test_nobody_is_offered_without_a_place_or_an_answer(status: str, fields: dict[str, Any]) -> None:
    inquiry = InquiryFactory(status=status, therapist=TherapistFactory(**fields))
    SearchFactory()
    assert (is_ready_for_others(inquiry), count(inquiry)) == (False, 0)


def test_withdrawal_without_a_yes_is_no_reason_to_offer_others() -> None:
    request = RequestFactory(status=RequestStatus.WITHDRAWN)
    assert not is_ready_for_others(request.inquiry)


def test_letter_is_written_once_and_stands_with_the_inquiry(coordinator: User) -> None:
    inquiry = thanked()
    for _number in range(2):
        SearchFactory()
    first = send(inquiry, coordinator)
    assert send(inquiry, coordinator) == first
    assert (first.kind, first.once_key) == ("alternatives", f"alternatives:{inquiry.pk}")
    assert (first.therapist, first.to_email) == (inquiry.therapist, inquiry.therapist.practices.get().email)
    assert InquiryContact.objects.get().inquiry == inquiry
    assert first.subject == alternatives.alternatives(inquiry=inquiry, at=AT).subject
    assert "2" in first.text


def test_letter_that_was_cancelled_may_be_written_again() -> None:
    inquiry = thanked()
    SearchFactory()
    first = send(inquiry)
    queue.cancel(email=first, actor=None, at=AT, reason="wrong")
    second = send(inquiry)
    assert (second != first, second.status) == (True, "queued")
    assert InquiryContact.objects.count() == 2


def test_nobody_fits_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        send(thanked())
    assert refused.value.message == _("No other waiting patient fits.")
    assert not EmailMessage.objects.exists()


def object_to_contact(inquiry: Inquiry) -> None:
    inquiry.therapist.do_not_contact_since = timezone.localdate(AT)
    inquiry.therapist.save(update_fields=["do_not_contact_since"])


def block(inquiry: Inquiry) -> None:
    inquiry.therapist.status = TherapistStatus.BLOCKED
    inquiry.therapist.blocked_reason, inquiry.therapist.blocked_since = "ill", TODAY
    inquiry.therapist.save()


def bounce(inquiry: Inquiry) -> None:
    email = inquiry.therapist.practices.get().email
    addresses.mark_undeliverable(address=email, reply="550 5.1.1", at=AT)


def lose_the_address(inquiry: Inquiry) -> None:
    inquiry.therapist.practices.update(email="")


@pytest.mark.parametrize(
    ("against", "reason"),
    [
        (object_to_contact, Refusal.OBJECTED),
        (block, Refusal.NOT_CONTACTABLE),
        (bounce, Refusal.BOUNCED),
        (lose_the_address, Refusal.EMAIL_POLICY),
    ],
)
def test_letter_that_must_not_go_is_refused(against: Callable[[Inquiry], None], reason: Refusal) -> None:
    inquiry = thanked()
    SearchFactory()
    assert count(inquiry) == 1
    against(inquiry)
    with pytest.raises(Refused) as refused:
        send(Inquiry.objects.get())
    assert refused.value.message == str(reason.label)
    assert not EmailMessage.objects.exists()
