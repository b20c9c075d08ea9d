"""The eight weeks in small, and their judge, who must see every kind of violation."""

import subprocess
import sys
import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from apps.communication.models import EmailMessage, PhoneCall
from apps.events.models import DomainEvent
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest
from apps.therapists.models import Therapist
from faults import weeks_check
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.therapists import (
    ContactPauseFactory,
    PracticeFactory,
    TherapistFactory,
    WorkplaceFactory,
)

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOMENTS = [MONDAY - HOUR + number * DAY for number in range(60)]
NOTHING: dict[str, list[str]] = {name: [] for name in weeks_check.CHECKS}


def found() -> dict[str, list[str]]:
    """What the judge names, by rule."""
    broken = weeks_check.violations(MOMENTS)
    return {rule: [str(row[0]) for row in rows] for rule, rows in broken.items()}


def neighbours() -> tuple[Therapist, Therapist]:
    """Two who read the same mailbox, though nobody has put them into one contact group."""
    one = TherapistFactory(practice__email="praxis@example.org")
    return one, TherapistFactory(practice__email="Praxis@Example.org")


def released(therapist: Therapist, at: datetime, **fields: Any) -> Inquiry:
    window = DateTimeTZRange(at, at + 7 * DAY)
    fields = {"status": "answered", "sent_at": at} | fields
    return InquiryFactory(therapist=therapist, released_at=at, contact_window=window, **fields)


def written(inquiry: Inquiry, at: datetime, status: str = "sent") -> None:
    email = EmailMessage.objects.create(
        status=status,
        kind="inquiry",
        therapist=inquiry.therapist,
        message_id=f"<{uuid.uuid4()}@example.org>",
        claimed_at=at,
        sent_at=at if status == "sent" else None,
    )
    InquiryContact.objects.create(inquiry=inquiry, email=email)


def called(inquiry: Inquiry, at: datetime, outcome: str) -> None:
    call = PhoneCall.objects.create(
        status="done",
        purpose="first_contact",
        therapist=inquiry.therapist,
        outcome=outcome,
        starts_at=at,
        ends_at=at + HOUR,
        done_at=at,
    )
    InquiryContact.objects.create(inquiry=inquiry, call=call)


def went(row: Inquiry | PlacementRequest, *states: str) -> None:
    """Its history from one state to the next."""
    for old, new in pairwise(states):
        row.history.create(old=old, new=new, at=MONDAY, operation=uuid.uuid4())  # type: ignore[union-attr]


def told(kind: str, therapist: Therapist, at: datetime) -> None:
    DomainEvent.objects.create(
        event_id=uuid.uuid4(),
        type=kind,
        version=1,
        occurred_at=at,
        producer="therapists",
        subject_id=str(therapist.pk),
        payload={},
    )


@pytest.mark.django_db
def test_circles_follow_mailboxes_and_numbers_through_others() -> None:
    one, two = neighbours()
    three = TherapistFactory(practice=PracticeFactory(phone=two.practices.get().phone, email=""))
    alone = TherapistFactory()
    second = PracticeFactory(email=alone.practices.get().email, phone="")
    four = TherapistFactory()
    WorkplaceFactory(therapist=four, practice=second, is_main=False)
    assert weeks_check.circles() == {
        one.pk: one.pk,
        two.pk: one.pk,
        three.pk: one.pk,
        alone.pk: alone.pk,
        four.pk: alone.pk,
    }


@pytest.mark.django_db
def test_nothing_is_found_where_the_rules_were_kept() -> None:
    one, two = neighbours()
    first = released(one, MONDAY)
    written(first, MONDAY)
    called(first, MONDAY + HOUR, "reached")  # the same inquiry
    called(released(two, MONDAY + 7 * DAY + HOUR), MONDAY + 7 * DAY + HOUR, "message_left")
    called(released(one, MONDAY + 20 * DAY, status="cancelled"), MONDAY + 20 * DAY, "not_reached")
    written(released(two, MONDAY + 21 * DAY), MONDAY + 21 * DAY)
    ContactPauseFactory(therapist=one, starts_on=date(2026, 11, 24), until=date(2026, 11, 29))
    went(first, "", "draft", "released", "sent", "answered")
    assert found() == NOTHING


@pytest.mark.django_db
def test_second_contact_within_the_interval_is_found() -> None:
    one, two = neighbours()
    written(released(one, MONDAY), MONDAY)
    written(released(two, MONDAY + 7 * DAY - HOUR), MONDAY + 7 * DAY - HOUR, status="unclear")
    assert found() == NOTHING | {"interval": ["contacts", "releases"]}


@pytest.mark.django_db
def test_message_on_the_machine_is_a_contact_of_the_interval() -> None:
    one, two = neighbours()
    called(released(one, MONDAY, status="cancelled"), MONDAY + 5 * DAY, "message_left")
    written(released(two, MONDAY + 8 * DAY), MONDAY + 8 * DAY)
    assert found() == NOTHING | {"interval": ["contacts"]}


@pytest.mark.django_db
def test_contact_soon_after_one_of_the_days_before_is_found() -> None:
    one, two = neighbours()
    with connection.cursor() as cursor:
        cursor.execute(weeks_check.PREPARE)
        cursor.execute("INSERT INTO faults_contacted VALUES (%s, %s)", [one.pk, MONDAY - 5 * DAY])
    written(released(two, MONDAY), MONDAY)
    assert found() == NOTHING | {"interval": ["contact of the days before"]}


@pytest.mark.django_db
def test_contact_in_a_pause_that_was_known_is_found() -> None:
    one, two = neighbours()
    ContactPauseFactory(therapist=one, starts_on=date(2026, 11, 24), until=date(2026, 11, 30))
    told("therapist.paused", one, MONDAY + DAY)
    written(released(two, MONDAY + 7 * DAY), MONDAY + 7 * DAY)
    assert found() == NOTHING | {"pause": ["first_contact", "released"]}


@pytest.mark.django_db
def test_pause_that_nobody_knew_of_is_none() -> None:
    """Recorded at the same moment by somebody else, lifted before, or asked for by the practice."""
    one, two = neighbours()
    ContactPauseFactory(therapist=one, starts_on=date(2026, 11, 23), until=date(2026, 11, 30))
    told("therapist.paused", one, MONDAY - HOUR / 2)
    written(released(two, MONDAY), MONDAY)
    lifted = TherapistFactory()
    ContactPauseFactory(therapist=lifted, until=date(2027, 1, 31), lifted_at=MONDAY - DAY)
    written(released(lifted, MONDAY), MONDAY)
    asking = TherapistFactory()
    inquiry = released(asking, MONDAY)
    called(inquiry, MONDAY, "call_back")
    ContactPauseFactory(therapist=asking, starts_on=date(2026, 11, 24), until=date(2026, 11, 30))
    called(inquiry, MONDAY + 2 * DAY, "reached")
    assert found() == NOTHING


@pytest.mark.django_db
def test_two_open_inquiries_behind_one_mailbox_are_found() -> None:
    one, two = neighbours()
    first, second = (
        InquiryFactory(therapist=one, status="draft"),
        InquiryFactory(therapist=two, status="draft"),
    )
    went(first, "", "draft", "released", "sent")
    went(second, "", "draft")
    assert found() == NOTHING
    went(second, "draft", "released")
    went(first, "sent", "answered")
    assert found() == NOTHING | {"shared": ["open inquiries"]}


@pytest.mark.django_db
def test_eleventh_open_request_of_a_search_is_found() -> None:
    search = SearchFactory()
    requests = [RequestFactory(search=search, status="rejected") for _number in range(11)]
    for request in requests[:10]:
        went(request, "", "planned", "released", "sent")
    assert found() == NOTHING
    went(requests[10], "", "planned")
    went(requests[0], "sent", "rejected")
    assert found() == NOTHING | {"open": ["open requests"]}


@pytest.mark.django_db
def test_seventh_request_of_an_inquiry_is_found() -> None:
    inquiry = InquiryFactory(status="sent")
    for number in range(7):
        assert found() == NOTHING, number
        went(RequestFactory(inquiry=inquiry, status="sent"), "", "planned", "released")
    assert found() == NOTHING | {"other": ["requests in an inquiry"]}


@pytest.mark.django_db
def test_second_accepted_request_of_a_search_is_found() -> None:
    search = SearchFactory()
    one, two = (RequestFactory(search=search, status="rejected") for _number in range(2))
    went(one, "sent", "accepted", "not_fitting")
    went(two, "sent", "accepted", "confirmed")
    assert found() == NOTHING
    went(one, "not_fitting", "accepted")
    assert found() == NOTHING | {"other": ["accepted"]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"status": "inactive"},
        {"review_status": "unreviewed", "reviewed_at": None},
        {"do_not_contact_since": date(2026, 11, 20)},
    ],
)
def test_contact_with_somebody_who_must_not_be_is_found(fields: dict[str, Any]) -> None:
    written(released(TherapistFactory(**fields), MONDAY), MONDAY)
    assert found() == NOTHING | {"other": ["unwanted"]}


@pytest.mark.django_db
@pytest.mark.parametrize(("objected_at", "expected"), [(MONDAY - DAY, ["unwanted"]), (MONDAY - HOUR / 2, [])])
def test_objection_counts_from_when_it_was_known(objected_at: datetime, expected: list[str]) -> None:
    therapist = TherapistFactory(do_not_contact_since=timezone.localdate(objected_at))
    therapist.history.create(old="active", new="objected", at=objected_at, operation=uuid.uuid4())
    written(released(therapist, MONDAY), MONDAY)
    assert found() == NOTHING | {"other": expected}


@pytest.mark.django_db
def test_second_letter_of_an_inquiry_is_found() -> None:
    inquiry = released(TherapistFactory(), MONDAY)
    written(inquiry, MONDAY)
    written(inquiry, MONDAY + HOUR)
    assert found() == NOTHING | {"other": ["written twice"]}


@pytest.mark.django_db
def test_request_left_behind_in_its_inquiry_is_found() -> None:
    inquiry = released(TherapistFactory(), MONDAY, status="sent")
    RequestFactory(inquiry=inquiry, status="sent")
    RequestFactory(inquiry=inquiry, status="rejected")
    assert found() == NOTHING
    RequestFactory(inquiry=inquiry, status="planned")
    assert found() == NOTHING | {"other": ["stranded"]}


@pytest.mark.timeout(300)
def test_two_weeks_of_three_workers_break_no_rule() -> None:
    """The small world, in processes and a database of their own."""
    name = settings.DATABASES["default"]["TEST"]["NAME"]
    command = [sys.executable, "-m", "faults", "--only", "weeks", "--scale", "0.03", "--seed", "11"]
    result = subprocess.run(
        [*command, "--database", f"{name}_faults"],
        cwd=Path(settings.BASE_DIR),
        capture_output=True,
        text=True,
    )
    [line] = [line for line in result.stdout.splitlines() if line.startswith("weeks ")] or [result.stderr]
    figures = dict(word.split("=") for word in line.split()[1:])
    assert (figures["workers"], figures["therapists"], figures["weeks"]) == ("3", "200", "2")
    assert [figures[rule] for rule in weeks_check.CHECKS] == ["0"] * 5, result.stderr
    assert all(int(figures[name]) > 0 for name in ("inquiries", "mails", "calls", "answers", "refused"))
    assert (figures["verdict"], result.returncode) == ("ok", 0), result.stderr
