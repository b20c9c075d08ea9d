"""The call sheet: what may be said, what was said, what follows, and whose hand it is in."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, CallPurpose
from apps.communication.models import Note, PhoneCall
from apps.communication.phone_hours import BERLIN
from apps.communication.services import call_claims, calls
from apps.core.models import AccessEntry
from apps.matching.enums import InquiryStatus
from apps.matching.models import InquiryContact, PlacementRequest
from apps.matching.services import calling, searches
from tests.factories.matching import InquiryFactory, RequestFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def row() -> PlacementRequest:
    hours = [(0, 9 * 60, 10 * 60), (2, 12 * 60, 13 * 60)]
    therapist = TherapistFactory(title="Dr. phil.", last_name="Moll", phone_hours=hours)
    inquiry = InquiryFactory(status="released", channel="phone", therapist=therapist)
    return RequestFactory(status="released", inquiry=inquiry, search__patient__last_name="Geheimname")


@pytest.fixture
def second(row: PlacementRequest) -> PlacementRequest:
    return RequestFactory(status="released", inquiry=row.inquiry, search__patient=PatientFactory())


@pytest.fixture
def call(row: PlacementRequest, at: datetime) -> PhoneCall:
    planned = calls.plan(
        therapist=row.therapist,
        purpose=CallPurpose.FIRST_CONTACT,
        not_before=at,
        minutes=5,
        actor=None,
        at=at,
    )
    InquiryContact.objects.create(inquiry=row.inquiry, call=planned, request_ids=[row.pk])
    return planned


def url(call: PhoneCall) -> str:
    return reverse("matching:call", args=[call.pk])


def said(row: PlacementRequest, outcome: str, **parts: str) -> dict[str, str]:
    values = {"outcome": outcome, **parts}
    return {f"request-{row.pk}-{name}": value for name, value in values.items()}


def test_sheet_shows_case_facts_and_nobody_by_name(
    viewer_client: Client, call: PhoneCall, row: PlacementRequest
) -> None:
    text = viewer_client.get(url(call)).content.decode()
    assert row.search.patient.case_code in text
    assert "PLZ-Region 04" in text
    assert "Geheimname" not in text
    assert 'name="outcome"' not in text


def test_sheet_says_what_to_say_in_german(coordinator_client: Client, call: PhoneCall) -> None:
    coordinator_client.cookies["django_language"] = "en"
    page = coordinator_client.get(url(call))
    script = page.context["script"]
    assert script[0].startswith("Guten Tag, Frau Doktor Moll, hier ist Coordinator von der ")
    assert script[1].startswith("Wir suchen für eine Person einen ambulanten Therapieplatz")
    assert script[2].startswith("Die Sprechstunde hat stattgefunden. Ich nenne Ihnen nur das Nötigste")
    assert '<div lang="de">' in page.content.decode()


def test_sheet_shows_phone_hours_notes_and_what_was_before(
    coordinator_client: Client, coordinator: User, call: PhoneCall, at: datetime
) -> None:
    Note.objects.create(therapist=call.therapist, text="mag kurze Anrufe", written_at=at, author=coordinator)
    struck = {"struck_at": at, "struck_by": coordinator}
    Note.objects.create(therapist=call.therapist, text="falsch", written_at=at, author=coordinator, **struck)
    calling.complete_call(call=call, outcome=CallOutcome.MESSAGE_LEFT, note="Band", actor=coordinator, at=at)
    following = PhoneCall.objects.exclude(pk=call.pk).get()
    page = coordinator_client.get(url(following)).context["page"]
    assert [(day.times, day.is_today) for day in page.phone_days] == [
        ("09:00–10:00", True),
        ("12:00–13:00", False),
    ]
    assert page.open_until == datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
    assert [note.text for note in page.notes] == ["mag kurze Anrufe"]
    assert (page.last_attempt, page.calls_before, page.call.attempt) == (call, [call], 2)


def test_sheet_logs_whose_case_was_looked_at(
    viewer_client: Client, viewer: User, call: PhoneCall, row: PlacementRequest
) -> None:
    viewer_client.get(url(call))
    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.patient_id, entry.purpose) == (
        viewer,
        row.search.patient_id,
        "matching:call",
    )


def test_reached_without_answers_counts_as_asked(
    coordinator_client: Client, call: PhoneCall, row: PlacementRequest
) -> None:
    response = coordinator_client.post(url(call), {"outcome": "reached", "note": "wants to think"})
    assert response.headers["Location"] == reverse("communication:calls")
    call.refresh_from_db()
    row.inquiry.refresh_from_db()
    assert (call.outcome, call.note, row.inquiry.status) == ("reached", "wants to think", InquiryStatus.SENT)


def test_outcome_and_all_answers_are_recorded_at_once(
    coordinator_client: Client, call: PhoneCall, row: PlacementRequest, second: PlacementRequest
) -> None:
    answers = {
        **said(row, "rejected", reason="capacity", note="erst 2028"),
        **said(second, "waitlisted", waitlist_until="2027-03-01"),
    }
    coordinator_client.post(url(call), {"outcome": "reached", "note": "", **answers})
    row.refresh_from_db()
    second.refresh_from_db()
    assert (row.status, row.rejection_reason, row.answer_note) == ("rejected", "capacity", "erst 2028")
    assert (second.status, str(second.waitlist_until)) == ("waitlisted", "2027-03-01")
    assert {row.answer_source, second.answer_source} == {"phone"}


def test_missing_reason_is_asked_for_and_nothing_is_lost(
    coordinator_client: Client, call: PhoneCall, row: PlacementRequest
) -> None:
    data = {"outcome": "reached", "note": "sehr nett", **said(row, "rejected", note="überlastet")}
    response = coordinator_client.post(url(call), data)
    text = response.content.decode()
    assert "sehr nett" in text
    assert "überlastet" in text
    (case,) = response.context["cases"]
    assert case["form"].errors.keys() == {"reason"}
    call.refresh_from_db()
    assert call.status == "planned"


def test_answer_with_not_reached_is_questioned(
    coordinator_client: Client, call: PhoneCall, row: PlacementRequest
) -> None:
    data = {"outcome": "not_reached", **said(row, "rejected", reason="capacity")}
    response = coordinator_client.post(url(call), data)
    assert response.context["form"].non_field_errors()
    call.refresh_from_db()
    assert call.status == "planned"


def test_yes_to_a_request_withdrawn_during_the_call_is_a_conflict(
    coordinator_client: Client, call: PhoneCall, row: PlacementRequest, second: PlacementRequest, at: datetime
) -> None:
    withdrawn = {"status": "withdrawn", "sent_at": at}
    PlacementRequest.objects.filter(pk=row.pk).update(**withdrawn)
    coordinator_client.post(url(call), {"outcome": "reached", **said(row, "accepted")})
    row.refresh_from_db()
    assert row.status == "conflict"


def test_refused_answer_is_shown_while_the_others_are_booked(
    coordinator_client: Client, call: PhoneCall, row: PlacementRequest, second: PlacementRequest, at: datetime
) -> None:
    PlacementRequest.objects.filter(pk=row.pk).update(status="withdrawn", sent_at=at)
    answers = {
        **said(row, "rejected", reason="other", note="passt nicht"),
        **said(second, "rejected", reason="capacity"),
    }
    response = coordinator_client.post(url(call), {"outcome": "reached", **answers})
    call.refresh_from_db()
    second.refresh_from_db()
    assert (call.status, second.status) == ("done", "rejected")
    (case,) = response.context["cases"]
    assert case["form"].non_field_errors()
    assert "passt nicht" in response.content.decode()
    assert 'name="answers_only"' in response.content.decode()


def test_answers_can_follow_a_recorded_call(
    coordinator_client: Client, call: PhoneCall, row: PlacementRequest
) -> None:
    coordinator_client.post(url(call), {"outcome": "reached"})
    assert coordinator_client.get(url(call)).context["may_answer"] is True
    data = {"answers_only": "1", **said(row, "rejected", reason="capacity")}
    for _time in range(2):
        assert coordinator_client.post(url(call), data).status_code == 302
    row.refresh_from_db()
    assert row.status == "rejected"
    assert row.history.filter(new="rejected").count() == 1


def test_sent_twice_is_recorded_once_and_the_second_sees_what_was_recorded(
    coordinator_client: Client, manager_client: Client, call: PhoneCall, row: PlacementRequest
) -> None:
    coordinator_client.post(url(call), {"outcome": "not_reached"})
    data = {"outcome": "reached", **said(row, "rejected", reason="capacity")}
    response = manager_client.post(url(call), data, follow=True)
    assert response.redirect_chain == [(url(call), 302)]
    assert "nicht erreicht" in response.content.decode()
    call.refresh_from_db()
    row.refresh_from_db()
    assert (call.outcome, row.status) == ("not_reached", "released")
    assert PhoneCall.objects.count() == 2


def test_not_reached_plans_the_next_try(coordinator_client: Client, call: PhoneCall, at: datetime) -> None:
    coordinator_client.post(url(call), {"outcome": "not_reached"})
    following = PhoneCall.objects.exclude(pk=call.pk).get()
    assert (following.status, following.attempt) == ("planned", 2)
    assert following.starts_at == datetime(2026, 11, 25, 12, 0, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("moment", "is_agreed", "faulty"),
    [
        ("", "", True),
        ("2026-11-20T10:00", "", True),
        ("2026-11-29T10:00", "", True),
        ("2026-11-29T10:00", "on", False),
        ("2026-11-26T18:45", "", False),
        ("2027-03-28T02:30", "on", True),  # the clocks leave this time out
    ],
)
def test_call_back_needs_a_moment_to_come(
    coordinator_client: Client, call: PhoneCall, moment: str, is_agreed: str, faulty: bool
) -> None:
    data = {"outcome": "call_back", "call_back_at": moment, "note": "Frau K. am Telefon"}
    if is_agreed:
        data["is_holiday_agreed"] = is_agreed
    response = coordinator_client.post(url(call), data)
    if faulty:
        assert response.context["form"].errors.keys() == {"call_back_at"}
        assert "Frau K. am Telefon" in response.content.decode()
        assert PhoneCall.objects.count() == 1
    else:
        following = PhoneCall.objects.exclude(pk=call.pk).get()
        assert following.starts_at.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M") == moment


def test_call_without_outcome_asks_again(coordinator_client: Client, call: PhoneCall) -> None:
    response = coordinator_client.post(url(call), {})
    assert response.context["form"].errors.keys() == {"outcome"}


def test_viewer_cannot_record(viewer_client: Client, call: PhoneCall) -> None:
    assert viewer_client.post(url(call), {"outcome": "reached"}).status_code == 403
    call.refresh_from_db()
    assert call.status == "planned"


# whose hand


def test_next_leads_to_the_sheet_and_give_back_frees_it(
    coordinator_client: Client, manager_client: Client, call: PhoneCall
) -> None:
    following, back = reverse("matching:next_call"), reverse("matching:give_back_call", args=[call.pk])
    assert coordinator_client.post(following).headers["Location"] == url(call)
    assert manager_client.post(following).headers["Location"] == reverse("communication:calls")
    assert coordinator_client.get(url(call)).context["holds"] is True
    assert coordinator_client.post(back).headers["Location"] == reverse("communication:calls")
    assert manager_client.post(following).headers["Location"] == url(call)


def test_sheet_of_a_call_in_another_hand_warns_and_has_no_form(
    coordinator_client: Client, manager: User, call: PhoneCall, at: datetime
) -> None:
    call_claims.take(call=call, user=manager, at=at)
    page = coordinator_client.get(url(call))
    assert (page.context["may_record"], "Manager" in page.content.decode()) == (False, True)
    assert 'name="outcome"' not in page.content.decode()


def test_call_taken_by_another_while_writing_is_not_recorded_and_nothing_is_lost(
    coordinator_client: Client, manager: User, call: PhoneCall, at: datetime
) -> None:
    call_claims.take(call=call, user=manager, at=at)
    response = coordinator_client.post(url(call), {"outcome": "reached", "note": "lange Notiz"})
    assert "lange Notiz" in response.content.decode()
    assert response.context["form"].non_field_errors()
    call.refresh_from_db()
    assert call.status == "planned"


def test_call_without_a_reason_is_not_handed_out(
    coordinator_client: Client, call: PhoneCall, row: PlacementRequest, at: datetime
) -> None:
    PlacementRequest.objects.filter(pk=row.pk).update(status="sent", sent_at=at)
    today = timezone.localdate(at)
    searches.pause(
        search=row.search, paused_from=today, until=None, reason="ill", actor=None, at=at, today=today
    )
    assert coordinator_client.post(reverse("matching:next_call")).headers["Location"] == "/calls/"
    page = coordinator_client.get(url(call)).context["page"]
    assert (page.is_wanted, page.requests) == (False, [])


# the lists


def test_now_lists_who_is_reachable_and_who_comes_next(
    coordinator_client: Client, call: PhoneCall, at: datetime, clock: Any
) -> None:
    page = coordinator_client.get("/calls/")
    assert ([row.pk for row, _closes in page.context["ready"]], page.context["openings"]) == ([call.pk], [])
    assert page.context["ready"][0][1] == "10:00"
    for minutes in (29, 58, 60):  # a session ends after half an hour without a click
        clock.move_to(at + timedelta(minutes=minutes))
        page = coordinator_client.get("/calls/")
    (opening,) = page.context["openings"]
    assert (page.context["ready"], opening.opens_at) == ([], datetime(2026, 11, 25, 12, 0, tzinfo=BERLIN))


@pytest.mark.parametrize("name", ["calls", "planned_calls", "made_calls"])
def test_export_is_the_list_that_is_shown(
    coordinator_client: Client, coordinator: User, manager: User, call: PhoneCall, at: datetime, name: str
) -> None:
    PhoneCall.objects.filter(pk=call.pk).update(coordinator=manager)
    if name == "made_calls":
        calls.complete(call=call, outcome=CallOutcome.REACHED, note="geheim", actor=manager, at=at)
    lines = {
        whose: coordinator_client.get(f"/calls/export.csv?list={name}&whose={whose}").getvalue().decode()
        for whose in ("", "mine", str(manager.pk))
    }
    counts = {whose: len(text.splitlines()) for whose, text in lines.items()}
    assert counts == {"": 2, "mine": 1, str(manager.pk): 2}
    assert call.therapist.last_name in lines[""]
    assert "geheim" not in lines[""]


@pytest.mark.parametrize("count", [1, 3])
def test_lists_and_sheet_need_the_same_queries(
    coordinator_client: Client, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    inquiry = InquiryFactory(status="released", therapist=TherapistFactory(phone_hours=[(0, 540, 600)]))
    for _row in range(count):
        RequestFactory(status="released", inquiry=inquiry, search__patient=PatientFactory(symptoms=[]))
    planned = [
        calls.plan(
            therapist=TherapistFactory(phone_hours=[(0, 540, 600)]) if number else inquiry.therapist,
            purpose=CallPurpose.FIRST_CONTACT,
            not_before=at,
            minutes=5,
            actor=None,
            at=at,
        )
        for number in range(count)
    ]
    InquiryContact.objects.create(inquiry=inquiry, call=planned[0], request_ids=[])
    coordinator_client.get("/calls/")
    with django_assert_num_queries(10):
        coordinator_client.get("/calls/")
    with django_assert_num_queries(21):
        coordinator_client.get(url(planned[0]))
