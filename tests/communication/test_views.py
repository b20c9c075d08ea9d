"""Pages of the e-mail queue and the list of calls."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.communication.enums import OVERRIDABLE, CallOutcome, CallPurpose, EmailStatus, LetterKind, Refusal
from apps.communication.models import EmailHistory, EmailMessage, PhoneCall
from apps.communication.services import addresses, calls, circuit, queue
from apps.communication.services.queue import Letter
from apps.core.models import AccessEntry
from tests.factories.matching import InquiryFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

ACTS = ["settle_email", "requeue_email", "cancel_email"]


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    with time_machine.travel(at, tick=False):
        yield


def email(
    at: datetime, status: str = "queued", subject: str = "Anfrage", refusal: str = "outdated", **values: Any
) -> EmailMessage:
    who = values or {"therapist": TherapistFactory()}
    text = "Guten Tag, https://example.org/reply/SECRETKEY/ bitte"
    letter = Letter(kind=LetterKind.INQUIRY, subject=subject, text=text)
    row = queue.enqueue(letter=letter, to_email="p@example.org", to_name="Praxis", actor=None, at=at, **who)
    sent = {"sent_at": at} if status == "sent" else {}
    refused = {"refusal": refusal} if status == "refused" else {}
    EmailMessage.objects.filter(pk=row.pk).update(status=status, **sent, **refused)
    row.refresh_from_db()
    return row


def call(at: datetime, shift: timedelta = timedelta()) -> PhoneCall:
    therapist = TherapistFactory()
    row = calls.plan(
        therapist=therapist, purpose=CallPurpose.FOLLOW_UP, not_before=at, minutes=5, actor=None, at=at
    )
    starts_at = at + shift
    PhoneCall.objects.filter(pk=row.pk).update(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=5))
    return row


def shown(client: Client, query: str = "") -> list[str]:
    rows = client.get(f"/emails/?{query}").context["table"].rows
    return [row.record.subject for row in rows]


@pytest.mark.parametrize("name", ["calls", "planned_calls", "made_calls", "emails", "email"])
def test_pages_open_for_every_role_and_for_nobody_else(
    at: datetime,
    name: str,
    client: Client,
    outsider_client: Client,
    viewer_client: Client,
    coordinator_client: Client,
    manager_client: Client,
) -> None:
    row = email(at)
    url = reverse(f"communication:{name}", args=[row.pk] if name == "email" else [])
    assert client.get(url).headers["Location"].startswith("/accounts/login/")
    staff = (outsider_client, viewer_client, coordinator_client, manager_client)
    assert [one.get(url).status_code for one in staff] == [403, 200, 200, 200]


@pytest.mark.parametrize("name", ACTS)
def test_acts_are_for_those_who_work(
    at: datetime, name: str, client: Client, outsider_client: Client, viewer_client: Client
) -> None:
    row = email(at, "unclear")
    url = reverse(f"communication:{name}", args=[row.pk])
    assert client.post(url, {"reason": "x"}).headers["Location"].startswith("/accounts/login/")
    assert [one.post(url, {"reason": "x"}).status_code for one in (outsider_client, viewer_client)] == [
        403
    ] * 2
    row.refresh_from_db()
    assert row.status == "unclear"


@pytest.mark.parametrize("count", [1, 3])
def test_emails_need_the_same_queries_for_any_number_of_rows(
    viewer_client: Client, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    for _row in range(count):
        email(at)
    viewer_client.get("/emails/")
    with django_assert_num_queries(11):
        viewer_client.get("/emails/")


def test_what_needs_a_person_comes_first(viewer_client: Client, at: datetime) -> None:
    for status in ("unclear", "sent", "failed", "queued"):
        email(at, status, subject=status)
    assert shown(viewer_client) == ["failed", "unclear", "queued", "sent"]
    assert shown(viewer_client, "status=unclear") == ["unclear"]
    assert shown(viewer_client, "q=praxis+sent") == ["sent"]
    assert shown(viewer_client, "kind=withdrawal") == []


def test_text_is_shown_without_the_key_of_the_reply_link(viewer_client: Client, at: datetime) -> None:
    text = viewer_client.get(reverse("communication:email", args=[email(at).pk])).content.decode()
    assert "Guten Tag" in text
    assert "SECRETKEY" not in text


def test_email_to_a_patient_logs_who_looked(viewer_client: Client, viewer: User, at: datetime) -> None:
    patient = PatientFactory()
    viewer_client.get(reverse("communication:email", args=[email(at, patient=patient).pk]))
    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.patient_id, entry.purpose) == (viewer, patient.pk, "communication:email")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("settle_email", EmailStatus.UNCLEAR, EmailStatus.SENT),
        ("requeue_email", EmailStatus.UNCLEAR, EmailStatus.QUEUED),
        ("requeue_email", EmailStatus.FAILED, EmailStatus.QUEUED),
        ("requeue_email", EmailStatus.REFUSED, EmailStatus.QUEUED),
        ("cancel_email", EmailStatus.FAILED, EmailStatus.CANCELLED),
        ("cancel_email", EmailStatus.QUEUED, EmailStatus.CANCELLED),
    ],
)
def test_decision_is_previewed_needs_a_reason_and_counts_once(
    coordinator_client: Client, at: datetime, name: str, before: str, after: str
) -> None:
    row = email(at, before)
    url = reverse(f"communication:{name}", args=[row.pk])
    assert coordinator_client.get(url).context["consequences"]
    assert coordinator_client.post(url, {"reason": ""}).context["form"].errors.keys() == {"reason"}
    row.refresh_from_db()
    assert row.status == before
    assert coordinator_client.post(url, {"reason": "asked the practice"}).status_code == 302
    assert coordinator_client.post(url, {"reason": "asked the practice"}).status_code == 409
    row.refresh_from_db()
    assert row.status == after
    assert EmailHistory.objects.filter(reason="asked the practice").count() == 1


def test_page_offers_only_what_the_state_allows(coordinator_client: Client, at: datetime) -> None:
    for status, offered in (("sent", []), ("queued", ["cancel_email"]), ("unclear", ACTS)):
        row = email(at, status)
        text = coordinator_client.get(reverse("communication:email", args=[row.pk])).content.decode()
        found = [name for name in ACTS if reverse(f"communication:{name}", args=[row.pk]) in text]
        assert found == offered


def test_calls_are_grouped_by_urgency(viewer_client: Client, at: datetime) -> None:
    due = call(at, -timedelta(minutes=10))
    later = call(at, timedelta(hours=3))
    after = call(at, timedelta(days=1))
    groups = viewer_client.get("/calls/planned/").context["groups"]
    assert [[row.pk for row in group.calls] for group in groups] == [[due.pk], [later.pk], [after.pk]]


@pytest.mark.parametrize("count", [1, 3])
def test_calls_need_the_same_queries_for_any_number_of_rows(
    viewer_client: Client, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    for _row in range(count):
        InquiryFactory().contacts.create(call=call(at))
    viewer_client.get("/calls/planned/")
    with django_assert_num_queries(8):
        viewer_client.get("/calls/planned/")


def test_made_calls_show_what_came_of_them(viewer_client: Client, coordinator: User, at: datetime) -> None:
    calls.complete(call=call(at), outcome=CallOutcome.REACHED, note="", actor=coordinator, at=at)
    (row,) = viewer_client.get("/calls/made/").context["table"].rows
    assert row.get_cell("coordinator") == "Coordinator"
    assert viewer_client.get("/calls/planned/").context["groups"][0].calls == []


# rules set aside, addresses that do not work, a mail server at rest


def test_refused_by_a_rule_of_courtesy_may_be_sent_all_the_same(
    coordinator_client: Client, coordinator: User, at: datetime
) -> None:
    row = email(at, "refused", refusal=Refusal.CONTACT_INTERVAL)
    page = coordinator_client.get(f"/emails/{row.pk}/").content.decode()
    assert f"/emails/{row.pk}/send-anyway/" in page
    assert coordinator_client.post(f"/emails/{row.pk}/send-anyway/", {"reason": ""}).status_code == 200
    coordinator_client.post(f"/emails/{row.pk}/send-anyway/", {"reason": "agreed on the phone"})
    row.refresh_from_db()
    assert (row.status, row.overridden) == ("queued", ["contact_interval"])
    entry = row.history.last()
    assert entry is not None
    assert entry.actor == coordinator
    assert "agreed on the phone" in entry.reason


@pytest.mark.parametrize("rule", [rule for rule in Refusal if rule not in OVERRIDABLE])
def test_consents_objections_and_releases_cannot_be_set_aside(
    coordinator_client: Client, at: datetime, rule: Refusal
) -> None:
    row = email(at, "refused", refusal=rule)
    assert "send-anyway" not in coordinator_client.get(f"/emails/{row.pk}/").content.decode()
    answer = coordinator_client.post(f"/emails/{row.pk}/send-anyway/", {"reason": "please"})
    assert answer.status_code == 409
    row.refresh_from_db()
    assert (row.status, row.overridden) == ("refused", [])


def test_address_that_does_not_work_is_listed_and_cleared_with_a_reason(
    coordinator_client: Client, coordinator: User, at: datetime
) -> None:
    row = email(at, "failed")
    marked = addresses.mark_undeliverable(address=row.to_email, reply="550 nobody", at=at, email=row)
    assert "550 nobody" in coordinator_client.get("/emails/addresses/").content.decode()
    assert "550 nobody" in coordinator_client.get(f"/emails/{row.pk}/").content.decode()
    url = f"/emails/addresses/{marked.pk}/clear/"
    assert coordinator_client.post(url, {"reason": ""}).status_code == 200
    assert coordinator_client.post(url, {"reason": "called them"}).status_code == 302
    assert coordinator_client.post(url, {"reason": "called them"}).status_code == 404
    marked.refresh_from_db()
    assert (marked.cleared_by, marked.cleared_reason) == (coordinator, "called them")
    assert "550 nobody" not in coordinator_client.get("/emails/addresses/").content.decode()


def test_mail_server_at_rest_is_told(viewer_client: Client) -> None:
    now = timezone.now()
    assert "timed out" not in viewer_client.get("/emails/").content.decode()
    circuit.note_failure(transport="smtp", reply="timed out", at=now)
    assert "timed out" in viewer_client.get("/emails/").content.decode()
