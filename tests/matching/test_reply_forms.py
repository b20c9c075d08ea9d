"""What the reply page asks, and what it takes for an answer."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from django.utils.http import urlencode

from apps.matching.enums import RequestStatus
from apps.matching.models import PlacementRequest
from apps.matching.reply_forms import PracticeForm, Sheet, month_ends
from apps.matching.services.answers import Answer
from apps.matching.services.replies import News
from tests.factories.matching import RequestFactory

FORM_ID = UUID("5a3f7b0e-3b3e-4c39-9d11-6d8f6f0d8a10")


def practice(today: date, **values: str) -> PracticeForm:
    data = QueryDict(urlencode({f"practice-{name}": value for name, value in values.items()}))
    return PracticeForm(data, today=today)


def sheet(data: dict[str, str], rows: list[PlacementRequest], today: date) -> Sheet:
    return Sheet(QueryDict(urlencode(data)), requests=rows, today=today)


def test_months_end_on_their_last_day() -> None:
    months = month_ends(date(2027, 10, 31))
    assert [value for value, _label in months[:5]] == [
        "2027-10-31",
        "2027-11-30",
        "2027-12-31",
        "2028-01-31",
        "2028-02-29",
    ]
    assert len(months) == 18


def test_practice_tells_only_what_was_filled_in(today: date) -> None:
    form = practice(today, free_group_from="2027-02-01", free_individual_from="", words="  ")
    assert form.is_valid()
    assert form.news == News(free={"free_group_from": date(2027, 2, 1)})
    assert bool(practice_news(today)) is False


def practice_news(today: date) -> News:
    form = practice(today)
    assert form.is_valid()
    return form.news


@pytest.mark.parametrize(
    ("field", "day", "is_fine"),
    [
        ("pause_until", "2026-11-23", True),
        ("pause_until", "2026-11-22", False),
        ("pause_until", "2027-11-23", True),
        ("pause_until", "2027-11-24", False),
        ("free_individual_from", "2026-11-23", True),
        ("free_individual_from", "2026-11-22", False),
        ("free_group_from", "2028-11-22", True),
        ("free_group_from", "2207-01-01", False),
        ("free_group_from", "morgen", False),
    ],
)
def test_days_lie_between_today_and_reason(today: date, field: str, day: str, is_fine: bool) -> None:
    form = practice(today, **{field: day})
    assert form.is_valid() is is_fine
    assert (field in form.errors) is not is_fine


@pytest.mark.django_db
def test_sheet_collects_the_answers_that_were_given(today: date) -> None:
    rows = [RequestFactory() for _row in range(3)]
    data = {
        f"case-{rows[0].pk}-outcome": "rejected",
        f"case-{rows[0].pk}-reason": "other",
        f"case-{rows[0].pk}-note": "zu weit",
        f"case-{rows[1].pk}-outcome": "",
        f"case-{rows[2].pk}-outcome": "accepted",
    }
    filled = sheet(data, rows, today)
    assert filled.problems == []
    assert filled.answers == [
        (rows[0], Answer(outcome=RequestStatus.REJECTED, reason="other", note="zu weit")),
        (rows[2], Answer(outcome=RequestStatus.ACCEPTED)),
    ]


@pytest.mark.django_db
def test_problems_name_case_and_field(today: date) -> None:
    row = RequestFactory()
    data = {f"case-{row.pk}-outcome": "waitlisted", "practice-pause_until": "2020-01-01"}
    found = sheet(data, [row], today).problems
    assert [problem.anchor for problem in found] == [
        f"id_case-{row.pk}-waitlist_until",
        "id_practice-pause_until",
    ]
    assert row.search.patient.case_code in str(found[0].where)


@pytest.mark.django_db
def test_invented_answer_leads_to_the_radio_buttons(today: date) -> None:
    row = RequestFactory()
    found = sheet({f"case-{row.pk}-outcome": "maybe"}, [row], today).problems
    assert [problem.anchor for problem in found] == [f"id_case-{row.pk}-outcome_0"]


def test_submission_is_the_form_with_its_answers(today: date) -> None:
    said = {"form_id": str(FORM_ID), "practice-words": "a"}
    same = sheet({"practice-words": "a", "form_id": str(FORM_ID)}, [], today)
    assert sheet(said, [], today).submission_id == same.submission_id
    assert sheet(said | {"practice-words": "b"}, [], today).submission_id != same.submission_id
    assert sheet(said | {"form_id": str(uuid4())}, [], today).submission_id != same.submission_id
