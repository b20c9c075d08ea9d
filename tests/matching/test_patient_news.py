"""Letters to patients: the weekly status once a week and search, the others once and read before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from apps.accounts.models import User
from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage
from apps.communication.services import queue
from apps.core.errors import Refused
from apps.matching import letters, tasks
from apps.matching.models import PlacementSearch
from apps.matching.selectors import patient_news as news
from apps.matching.selectors.patient_news import StatusFigures
from apps.matching.services import patient_news, searches
from apps.patients.enums import Purpose
from apps.patients.services import consents
from config.schedule import BEAT_SCHEDULE
from tests.conftest import BERLIN
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


def send(at: datetime = MONDAY) -> int:
    return patient_news.send_status_letters(at=at)


def keys(kind: LetterKind = LetterKind.PATIENT_STATUS) -> list[str | None]:
    return list(EmailMessage.objects.filter(kind=kind).order_by("id").values_list("once_key", flat=True))


# when


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        (MONDAY - SECOND, None),
        (MONDAY, "2026-W48"),
        (MONDAY + 9 * HOUR, "2026-W48"),
        (MONDAY + 10 * HOUR, None),
        (MONDAY + DAY - HOUR, None),  # Tuesday, eight o'clock
        (MONDAY + DAY, "2026-W48"),
        (MONDAY + 2 * DAY, None),
        (MONDAY - DAY, None),
        # in summer nine o'clock comes an hour earlier
        (datetime.fromisoformat("2026-10-19T07:00:00+00:00"), "2026-W43"),
        (datetime.fromisoformat("2026-10-19T06:59:59+00:00"), None),
        (datetime.fromisoformat("2026-10-26T07:59:59+00:00"), None),
        (datetime.fromisoformat("2026-10-26T08:00:00+00:00"), "2026-W44"),
        (datetime.fromisoformat("2027-03-22T08:00:00+00:00"), "2027-W12"),
        (datetime.fromisoformat("2027-03-29T07:00:00+00:00"), "2027-W13"),
        # the year of a week is not always the year of the day
        (datetime(2026, 12, 28, 9, 0, tzinfo=BERLIN), "2026-W53"),
        (datetime(2024, 12, 30, 9, 0, tzinfo=BERLIN), "2025-W01"),
    ],
)
def test_status_is_due_on_monday_from_nine_by_the_clocks_in_berlin(
    moment: datetime, week: str | None
) -> None:
    assert patient_news.status_week(moment) == week


def test_timetable_looks_every_hour_of_monday_and_tuesday() -> None:
    """In every hour of a fortnight the timetable rings where letters are due, and nowhere else."""
    schedule = BEAT_SCHEDULE["matching-status-letters"]["schedule"]
    rings = {(day, hour) for day in schedule.day_of_week for hour in schedule.hour}
    due = {
        (moment.isoweekday() % 7, moment.hour)
        for moment in (MONDAY + number * HOUR for number in range(14 * 24))
        if patient_news.status_week(moment)
    }
    assert rings == due


def test_status_is_written_once_a_week_however_often_the_timetable_rings() -> None:
    search = SearchFactory()
    runs = [send(MONDAY), send(MONDAY), send(MONDAY + HOUR), send(MONDAY + DAY), send(MONDAY + 7 * DAY)]
    assert runs == [1, 0, 0, 0, 1]
    assert keys() == [f"status:{search.pk}:2026-W48", f"status:{search.pk}:2026-W49"]


def test_status_where_the_clock_jumps_back_over_nine_is_written_once() -> None:
    SearchFactory()
    assert [send(moment) for moment in (MONDAY, MONDAY - HOUR, MONDAY, MONDAY + HOUR)] == [1, 0, 0, 0]


def test_status_that_monday_missed_is_made_up_for_on_tuesday() -> None:
    SearchFactory()
    assert send(MONDAY + DAY) == 1


@pytest.mark.parametrize(("started_on", "count"), [(date(2026, 11, 18), 1), (date(2026, 11, 19), 0)])
def test_status_is_not_written_in_the_first_five_days(started_on: date, count: int) -> None:
    SearchFactory(started_on=started_on)
    assert send() == count


# to whom


def test_status_goes_to_active_searches_only() -> None:
    SearchFactory(paused=True)
    SearchFactory(ended=True)
    SearchFactory(status="trial")
    active = SearchFactory()
    assert send() == 1
    assert keys() == [f"status:{active.pk}:2026-W48"]


def test_status_needs_an_address_and_the_consent_to_emails() -> None:
    SearchFactory(patient__email="")
    SearchFactory(patient__consents=[Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS])
    withdrawn = SearchFactory()
    consents.withdraw(patient=withdrawn.patient, purpose=Purpose.EMAIL, on=MONDAY.date(), at=MONDAY)
    assert send() == 0


def test_status_counts_a_consent_withdrawn_tomorrow_as_one_of_today() -> None:
    search = SearchFactory()
    search.patient.consents.filter(purpose=Purpose.EMAIL).update(withdrawn_on=date(2026, 11, 24))
    assert (send(), send(MONDAY + 7 * DAY)) == (1, 0)


def test_status_that_a_person_cancelled_is_not_written_again() -> None:
    SearchFactory()
    send()
    queue.cancel(email=EmailMessage.objects.get(), actor=None, at=MONDAY, reason="we talked")
    assert send(MONDAY + HOUR) == 0


def test_status_of_a_search_that_ended_between_look_and_letter_is_not_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search = SearchFactory()
    (found,) = news.due_for_status(today=MONDAY.date(), week="2026-W48")
    searches.cancel(search=search, reason="moved", actor=None, at=MONDAY, today=MONDAY.date())
    monkeypatch.setattr(news, "due_for_status", lambda **_kwargs: [found])
    assert (send(), keys()) == (0, [])


def test_status_that_cannot_be_written_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole = SearchFactory(), SearchFactory()
    original = letters.status_letter

    def write(*, search: PlacementSearch, figures: Any) -> Any:
        if search.pk == broken.pk:
            raise KeyError("Kanarienvogel")
        return original(search=search, figures=figures)

    monkeypatch.setattr(letters, "status_letter", write)
    assert send() == 1
    assert keys() == [f"status:{whole.pk}:2026-W48"]


# what


def test_status_tells_figures_from_the_rows() -> None:
    search = SearchFactory()
    for status in ("sent", "sent", "rejected", "waitlisted", "expired", "planned"):
        RequestFactory(search=search, status=status)
    RequestFactory()
    (found,) = news.due_for_status(today=MONDAY.date(), week="2026-W48").filter(pk=search.pk)
    assert news.status_figures(search=found, today=MONDAY.date()) == StatusFigures(
        asked=5, waiting=2, declined=1, waitlisted=1, since_days=21
    )


def test_status_counts_a_practice_asked_twice_once() -> None:
    first = RequestFactory(status="rejected")
    window = DateTimeTZRange(MONDAY + DAY, MONDAY + 8 * DAY)
    again = InquiryFactory(therapist=first.therapist, contact_window=window)
    RequestFactory(search=first.search, inquiry=again)
    (found,) = news.with_figures(PlacementSearch.objects.all())
    assert (found.asked, found.waiting, found.declined) == (1, 1, 1)  # type: ignore[attr-defined]


def test_status_is_addressed_to_the_patient_and_names_no_practice_nor_illness() -> None:
    request = RequestFactory(search__patient__complaints="Kanarienvogel")
    send()
    email = EmailMessage.objects.get()
    patient = request.search.patient
    assert (email.patient, email.to_email, email.to_name) == (patient, patient.email, patient.full_name)
    for private in ("Kanarienvogel", "F32", request.therapist.last_name, patient.last_name):
        assert private not in email.subject
    for private in ("Kanarienvogel", "F32", request.therapist.last_name):
        assert private not in email.text


@pytest.mark.parametrize("count", [1, 3])
def test_due_needs_one_query(django_assert_num_queries: Any, count: int) -> None:
    for _number in range(count):
        RequestFactory()
    with django_assert_num_queries(1):
        found = list(news.due_for_status(today=MONDAY.date(), week="2026-W48"))
        assert len({search.patient.email for search in found}) == count


# two timetables


@pytest.mark.django_db(transaction=True)
def test_status_of_four_timetables_at_once_is_one_letter_each() -> None:
    for _number in range(3):
        SearchFactory()
    barrier = Barrier(4)

    def run(_number: int) -> None:
        try:
            barrier.wait(timeout=30)
            send()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    assert len(keys()) == len(set(keys())) == 3


def test_task_reads_the_clock() -> None:
    SearchFactory()
    with time_machine.travel(MONDAY - HOUR, tick=False):
        tasks.send_status_letters()
    assert keys() == []
    with time_machine.travel(MONDAY, tick=False):
        tasks.send_status_letters()
    assert len(keys()) == 1


# by hand


def test_welcome_is_sent_once(coordinator: User) -> None:
    patient = PatientFactory()
    first = patient_news.send_welcome(patient=patient, actor=coordinator, at=MONDAY)
    again = patient_news.send_welcome(patient=patient, actor=coordinator, at=MONDAY + 30 * DAY)
    assert first == again
    assert (first.kind, first.to_email, first.patient) == ("patient_welcome", patient.email, patient)


@pytest.mark.parametrize("fields", [{"email": ""}, {"consents": [Purpose.HEALTH_DATA]}])
def test_nothing_is_sent_without_address_or_consent(fields: dict[str, Any]) -> None:
    patient = PatientFactory(ptv11_on=None, **fields)
    ended = SearchFactory(ended=True, patient=patient)
    for act in (
        lambda: patient_news.send_welcome(patient=patient, actor=None, at=MONDAY),
        lambda: patient_news.send_missing_documents(patient=patient, actor=None, at=MONDAY),
        lambda: patient_news.send_search_ended(search=ended, actor=None, at=MONDAY),
    ):
        with pytest.raises(Refused):
            act()
    assert not EmailMessage.objects.exists()


def test_missing_documents_are_named_in_german_without_the_illness() -> None:
    patient = PatientFactory(ptv11_on=None, diagnosis="", symptoms=[])
    email = patient_news.send_missing_documents(patient=patient, actor=None, at=MONDAY)
    assert news.missing_documents(patient=patient, today=MONDAY.date()) == ["PTV 11 mit Datum"]
    assert "PTV 11" in email.text
    assert "Diagnose" not in email.text


def test_missing_documents_where_nothing_is_missing_are_refused() -> None:
    with pytest.raises(Refused):
        patient_news.send_missing_documents(patient=PatientFactory(), actor=None, at=MONDAY)


def test_missing_documents_are_asked_for_once_a_week() -> None:
    patient = PatientFactory(ptv11_on=None)

    def ask(at: datetime) -> EmailMessage:
        return patient_news.send_missing_documents(patient=patient, actor=None, at=at)

    assert ask(MONDAY) == ask(MONDAY + HOUR)  # a second click
    for days in (1, 6):
        with pytest.raises(Refused):
            ask(MONDAY + days * DAY)
    assert ask(MONDAY + 7 * DAY) != EmailMessage.objects.earliest("id")
    assert EmailMessage.objects.count() == 2


def test_missing_documents_letter_that_was_cancelled_does_not_count() -> None:
    patient = PatientFactory(ptv11_on=None)
    first = patient_news.send_missing_documents(patient=patient, actor=None, at=MONDAY)
    queue.cancel(email=first, actor=None, at=MONDAY, reason="wrong")
    second = patient_news.send_missing_documents(patient=patient, actor=None, at=MONDAY)
    assert (second.status, second != first) == (EmailStatus.QUEUED, True)


def test_end_of_a_search_is_told_once_per_end() -> None:
    search = SearchFactory(ended=True)
    first = patient_news.send_search_ended(search=search, actor=None, at=MONDAY)
    assert patient_news.send_search_ended(search=search, actor=None, at=MONDAY) == first
    PlacementSearch.objects.filter(pk=search.pk).update(ended_on=date(2026, 12, 1))
    assert patient_news.send_search_ended(search=search, actor=None, at=MONDAY) != first


@pytest.mark.parametrize("status", ["active", "trial"])
def test_end_of_a_search_that_goes_on_is_not_told(status: str) -> None:
    with pytest.raises(Refused):
        patient_news.send_search_ended(search=SearchFactory(status=status), actor=None, at=MONDAY)
