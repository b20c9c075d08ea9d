from datetime import date, datetime, timedelta

import pytest
from django.utils import translation

from apps.core.parameters import current
from apps.matching.models import Round, TrialSession
from apps.workspace import sections, selectors
from apps.workspace.worklist import Moment, Section
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.workspace import rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def moment(at: datetime, today: date) -> Moment:
    return Moment(at=at, today=today, parameters=current(at=at))


def texts(section: Section) -> list[str]:
    return [str(task.text) for task in section.tasks]


# The order


def test_work_list_is_empty_when_nothing_waits(at, today):
    assert selectors.work_list(at=at, today=today) == []


def test_work_list_puts_the_most_urgent_first(at, today):
    Round.objects.create(planned_for=today)
    rows.inquiry(sent_at=at - timedelta(days=8))
    rows.email(status="unclear", at=at)
    rows.request(status="conflict", answered_at=at - timedelta(days=1))

    found = selectors.work_list(at=at, today=today)

    assert [section.kind.code for section in found] == ["conflicts", "emails", "unanswered", "rounds"]


def test_section_shows_the_oldest_first_and_says_that_there_are_more(at, moment):
    for days in range(1, 15):
        rows.email(status="failed", at=at - timedelta(days=days))

    found = sections.emails(moment)

    assert [task.days for task in found.tasks] == [14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    assert found.is_cut is True


def test_section_is_whole_when_all_are_shown(at, moment):
    rows.email(status="failed", at=at)

    assert sections.emails(moment).is_cut is False


@pytest.mark.parametrize(("days", "is_late"), [(2, False), (3, True)])
def test_task_is_late_after_three_days(at, moment, days, is_late):
    rows.email(status="failed", at=at - timedelta(days=days))

    assert sections.emails(moment).tasks[0].is_late is is_late


# Answers


def test_conflicts_leave_out_resolved_ones(at, moment):
    rows.request(status="conflict", answered_at=at, conflict_resolved_at=at)
    open_one = rows.request(status="conflict", answered_at=at - timedelta(days=2))

    found = sections.conflicts(moment)

    assert texts(found) == [f"{open_one.search.patient.case_code} · {open_one.therapist.full_name}"]
    assert [task.days for task in found.tasks] == [2]


@pytest.mark.parametrize(
    ("identity_released", "outcome", "starts_in_days", "step"),
    [
        (False, None, 0, "release the identity"),
        (True, None, 0, "agree on the first trial session"),
        (True, "planned", -1, "record how the trial session went"),
        (True, "held", -1, "confirm the place or plan another session"),
        (True, "no_show", -1, "agree on the first trial session"),
    ],
)
def test_acceptances_name_the_next_step(at, moment, identity_released, outcome, starts_in_days, step):
    row = rows.request(
        status="accepted", answered_at=at, identity_released_at=at if identity_released else None
    )
    if outcome:
        planned_at = at + timedelta(days=starts_in_days)
        TrialSession.objects.create(request=row, planned_at=planned_at, outcome=outcome)

    assert [text.split(": ")[1] for text in texts(sections.acceptances(moment))] == [step]


def test_acceptances_rest_until_a_coming_session(at, moment):
    row = rows.request(status="accepted", answered_at=at, identity_released_at=at)
    TrialSession.objects.create(request=row, planned_at=at + timedelta(hours=1))

    assert sections.acceptances(moment).tasks == []


def test_waitlists_come_up_on_their_day(at, today, moment):
    due = rows.request(status="waitlisted", answered_at=at, waitlist_until=today)
    rows.request(status="waitlisted", answered_at=at, waitlist_until=today + timedelta(days=1))
    ended = rows.search(status="cancelled", ended_on=today)
    rows.request(status="waitlisted", answered_at=at, waitlist_until=today, search=ended)

    assert texts(sections.waitlists(moment)) == [
        f"{due.search.patient.case_code} · {due.therapist.full_name}"
    ]


# Contacts


def test_unanswered_waits_for_the_follow_up_day(at, moment):
    due = rows.inquiry(sent_at=at - timedelta(days=7))
    rows.inquiry(sent_at=at - timedelta(days=6, hours=23))
    rows.inquiry(sent_at=at - timedelta(days=9), status="answered")

    assert texts(sections.unanswered(moment)) == [f"{due.reference} · {due.therapist.full_name}"]


def test_unanswered_leaves_out_those_with_a_planned_call(at, moment):
    rows.call(starts_at=at + timedelta(days=1), about=rows.inquiry(sent_at=at - timedelta(days=8)))

    assert sections.unanswered(moment).tasks == []


@pytest.mark.parametrize("status", ["unclear", "failed"])
def test_emails_show_trouble(at, moment, status):
    row = rows.email(status=status, at=at)

    assert texts(sections.emails(moment)) == [f"Praxis Ahorn: {row.get_status_display()}"]


def test_emails_to_patients_show_the_case_code(at, moment):
    row = rows.email(status="failed", at=at, patient=PatientFactory(case_code="K7M-4QX"))

    assert texts(sections.emails(moment)) == [f"K7M-4QX: {row.get_status_display()}"]


def test_emails_leave_out_what_goes_its_way(at, moment):
    rows.email(status="queued", at=at)
    rows.email(status="cancelled", at=at)

    assert sections.emails(moment).tasks == []


def test_calls_are_told_apart_by_the_hour(at, moment):
    rows.call(starts_at=at - timedelta(days=1))
    rows.call(starts_at=at)
    rows.call(starts_at=at + timedelta(hours=4))
    rows.call(starts_at=at + timedelta(days=1))

    due, later = sections.calls_due(moment).tasks, sections.calls_later(moment).tasks

    assert [(task.days, task.when) for task in due] == [(1, ""), (0, "09:00")]
    assert [(task.days, task.when) for task in later] == [(0, "13:00")]


# Searches, rounds, records


def test_draft_rounds_count_what_is_left_to_release(at, today, moment):
    Round.objects.create(planned_for=today, status="released")
    draft = Round.objects.create(planned_for=today)
    for status in ("draft", "cancelled"):
        asked = rows.inquiry(sent_at=at, status=status)
        asked.round = draft
        asked.save(update_fields=["round"])

    assert texts(sections.draft_rounds(moment)) == ["1 inquiry planned"]


def test_resuming_looks_three_days_ahead(today, moment):
    pause = {"status": "paused", "paused_from": today, "pause_reason": "holiday"}
    soon = rows.search(paused_until=today + timedelta(days=3), **pause)
    rows.search(paused_until=today + timedelta(days=4), **pause)
    rows.search(paused_until=None, **pause)

    found = sections.resuming(moment)

    assert [(task.text, task.when) for task in found.tasks] == [
        (f"{soon.patient.case_code}: holiday", "until 26/11/2026")
    ]


def test_almost_ready_names_the_one_thing(moment):
    one = PatientFactory(payment_received_on=None)
    PatientFactory(payment_received_on=None, contracts_signed_on=None)
    PatientFactory()

    assert [text.split(": ")[0] for text in texts(sections.almost_ready(moment))] == [one.case_code]


def test_unreviewed_therapists_are_one_task(moment):
    TherapistFactory(review_status="unreviewed")
    TherapistFactory(review_status="unreviewed")
    TherapistFactory()

    assert texts(sections.unreviewed_therapists(moment)) == ["2 therapists wait for review"]


# Figures


def test_figures_of_an_empty_house(today):
    assert [figure.value for figure in selectors.figures(today=today)] == [0, 0, 0, 0, None]


def test_figures_count_what_they_say(at, today):
    rows.search(started_on=today - timedelta(days=10))
    rows.search(started_on=today - timedelta(days=31))
    rows.search(
        status="paused", paused_from=today, pause_reason="holiday", started_on=today - timedelta(days=90)
    )
    rows.request(status="accepted", answered_at=at, search=rows.search(status="trial"))
    rows.request(status="confirmed", answered_at=at - timedelta(days=3), search=rows.search(status="trial"))
    rows.request(
        status="rejected", answered_at=at, rejection_reason="capacity", search=rows.search(status="trial")
    )
    PatientFactory(searching=True, first_place_on=date(2026, 11, 2), place_confirmed_on=date(2026, 11, 2))
    PatientFactory(searching=True, first_place_on=date(2026, 10, 2), place_confirmed_on=date(2026, 10, 31))

    assert [figure.value for figure in selectors.figures(today=today)] == [2, 0, 1, 1, 20]


# The search box


def names(query: str, most: int = 5) -> dict[str, list[str]]:
    groups = selectors.find_anybody(query=query, most=most)
    return {group.icon: [hit.name for hit in group.hits] for group in groups}


@pytest.mark.parametrize("query", ["tannert", "TANN Ida", "K7M-4QX", "ida@example.org", "0341 55 66 77 8"])
def test_find_anybody_finds_a_patient(query):
    PatientFactory(
        first_name="Ida",
        last_name="Tannert",
        case_code="K7M-4QX",
        email="ida@example.org",
        phone="+493415566778",
    )
    PatientFactory(first_name="Otto", last_name="Birke")

    assert names(query) == {"patients": ["Tannert, Ida"]}


@pytest.mark.parametrize(
    "query", ["weidner", "Praxis am Ring", "ring@example.net", "0351 998877", "+49 351 998877", "998877"]
)
def test_find_anybody_finds_a_therapist(query):
    TherapistFactory(
        title="",
        first_name="Eva",
        last_name="Weidner",
        practice__name="Praxis am Ring",
        practice__email="ring@example.net",
        practice__phone="+49351998877",
    )
    TherapistFactory(practice__name="Am Wald", practice__email="wald@example.net")

    assert names(query) == {"therapists": ["Eva Weidner"]}


def test_find_anybody_finds_an_inquiry_by_reference(at):
    asked = rows.inquiry(sent_at=at)

    assert names(asked.reference.lower()) == {"inquiries": [asked.reference]}


@pytest.mark.parametrize("query", ["", " ", "a", "  a  ", "nobody of this name", "%%", "9988-xyz"])
def test_find_anybody_finds_nobody(query):
    TherapistFactory(practice__phone="+49351998877")

    assert names(query) == {}


def test_find_anybody_says_that_there_are_more():
    for _number in range(3):
        PatientFactory(last_name="Tannert")

    (cut,) = selectors.find_anybody(query="tannert", most=2)
    (whole,) = selectors.find_anybody(query="tannert", most=3)

    assert (len(cut.hits), cut.is_cut) == (2, True)
    assert (len(whole.hits), whole.is_cut) == (3, False)
