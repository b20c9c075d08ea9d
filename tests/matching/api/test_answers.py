from datetime import date

import pytest

from apps.core.errors import StaleState
from apps.matching.models import TherapistExclusion
from apps.matching.services import answers
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, TODAY, ask, asked, fresh, status_of
from tests.matching.api.conftest import seen

pytestmark = pytest.mark.django_db


def answer(caller, row, **body):
    return caller.post(f"/requests/{row.pk}/answer", {"source": "phone", **body})


def test_waiting_list_is_recorded(caller):
    row = asked()
    told = answer(
        caller, row, outcome="waitlisted", waitlist_until="2027-02-01", note="call in January"
    ).json()
    assert (told["status"], told["waitlist_until"], told["answer_note"], told["answer_source"]) == (
        *("waitlisted", "2027-02-01", "call in January", "phone"),
    )
    assert fresh(row).locked_until == date(2027, 2, 1)
    assert seen()[-1] == (row.patient_id, "API: record_answer", "api:Website")


def test_not_suitable_excludes_the_therapist(caller):
    row = asked()
    answer(caller, row, outcome="rejected", reason="not_suitable", source="email")
    exclusion = TherapistExclusion.objects.get()
    assert (exclusion.patient_id, exclusion.therapist_id) == (row.patient_id, row.therapist_id)


def test_first_acceptance_withdraws_the_others(caller):
    search = SearchFactory()
    first, second = asked(search), asked(search)
    assert answer(caller, first, outcome="accepted").json()["status"] == "accepted"
    assert status_of(search, second) == ["trial", "withdrawn"]


def test_late_acceptance_is_a_conflict_and_not_lost(caller):
    search = SearchFactory()
    first, second = asked(search), asked(search)
    answer(caller, first, outcome="accepted")
    late = answer(caller, second, outcome="accepted")
    assert (late.status_code, late.json()["status"]) == (200, "conflict")
    again = answer(caller, second, outcome="accepted")
    assert (again.status_code, again.json()["status"]) == (200, "conflict")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"outcome": "rejected"}, "reason"),
        ({"outcome": "accepted", "reason": "capacity"}, "reason"),
        ({"outcome": "waitlisted"}, "waitlist_until"),
        ({"outcome": "waitlisted", "waitlist_until": "2026-11-22"}, "waitlist_until"),
        ({"outcome": "accepted", "waitlist_until": "2027-01-01"}, "waitlist_until"),
        ({"outcome": "expired"}, "outcome"),
        ({"outcome": "accepted", "source": "portal"}, "source"),
        ({"outcome": "accepted", "note": "\x00"}, "note"),
    ],
)
def test_incomplete_answers_name_the_field(caller, body, path):
    row = asked()
    refused = answer(caller, row, **body)
    assert refused.status_code == 422
    assert [error["path"] for error in refused.json()["errors"]] == [path]
    assert status_of(row) == ["sent"]


def test_note_needs_the_scope_of_health(plain_caller):
    row = asked()
    assert answer(plain_caller, row, outcome="accepted", note="x").status_code == 403
    assert status_of(row) == ["sent"]
    assert answer(plain_caller, row, outcome="accepted").status_code == 200


def test_answer_to_a_draft_is_too_early(caller):
    row = RequestFactory(status="planned")
    assert answer(caller, row, outcome="accepted").status_code == 409


def test_undo_takes_an_answer_back(caller):
    search = SearchFactory()
    first, second = asked(search), asked(search)
    answer(caller, first, outcome="accepted")
    undone = caller.post(f"/requests/{first.pk}/undo-answer", {"reason": "wrong row"})
    assert undone.json()["status"] == "sent"
    assert status_of(search, second) == ["active", "sent"]
    assert caller.post(f"/requests/{first.pk}/undo-answer", {"reason": "again"}).status_code == 409


def test_conflict_is_taken_once_the_place_is_free(caller):
    search = SearchFactory()
    first, second = asked(search), asked(search)
    answer(caller, first, outcome="accepted")
    answer(caller, second, outcome="accepted")
    taken = {"is_taken": True}
    assert caller.post(f"/requests/{second.pk}/resolve-conflict", taken).status_code == 409
    caller.post(f"/requests/{first.pk}/did-not-fit", {"reason": "no trust"})
    assert caller.post(f"/requests/{second.pk}/resolve-conflict", taken).json()["status"] == "accepted"


@pytest.mark.parametrize("is_taken", [True, False])
def test_only_a_conflict_can_be_settled(caller, is_taken):
    row = asked()
    assert caller.post(f"/requests/{row.pk}/resolve-conflict", {"is_taken": is_taken}).status_code == 409
    with pytest.raises(StaleState):
        answers.resolve_conflict(request=row, take=is_taken, actor=None, at=AT, today=TODAY)
    assert status_of(row) == ["sent"]


def test_answers_of_an_inquiry_are_booked_together(caller):
    inquiry = ask(SearchFactory(), SearchFactory())
    first, second = inquiry.requests.order_by("id")
    given = [
        {"request_id": first.pk, "outcome": "accepted"},
        {"request_id": second.pk, "outcome": "rejected", "reason": "capacity"},
    ]
    told = caller.post(f"/inquiries/{inquiry.pk}/answers", {"source": "email", "answers": given})
    assert [row["status"] for row in told.json()["requests"]] == ["accepted", "rejected"]
    assert status_of(inquiry) == ["answered"]
    assert {patient for patient, _purpose, _who in seen()} == {first.patient_id, second.patient_id}


def test_answers_undone_one_by_one(caller):
    first_search, second_search = SearchFactory(), SearchFactory()
    inquiry = ask(first_search, second_search)
    others = [asked(first_search), asked(second_search)]
    first, second = inquiry.requests.order_by("id")
    given = [{"request_id": row.pk, "outcome": "accepted"} for row in (first, second)]
    caller.post(f"/inquiries/{inquiry.pk}/answers", {"source": "phone", "answers": given})
    assert status_of(*others) == ["withdrawn", "withdrawn"]
    caller.post(f"/requests/{first.pk}/undo-answer", {"reason": "wrong row"})
    assert status_of(*others) == ["sent", "withdrawn"]


def test_of_several_answers_all_are_booked_or_none(caller):
    inquiry = ask(SearchFactory(), SearchFactory())
    first, second = inquiry.requests.order_by("id")
    given = [
        {"request_id": first.pk, "outcome": "accepted"},
        {"request_id": second.pk, "outcome": "waitlisted", "waitlist_until": "2026-11-01"},
    ]
    refused = caller.post(f"/inquiries/{inquiry.pk}/answers", {"source": "email", "answers": given})
    assert [error["path"] for error in refused.json()["errors"]] == ["answers.1.waitlist_until"]
    given[1] = {"request_id": asked().pk, "outcome": "accepted"}
    refused = caller.post(f"/inquiries/{inquiry.pk}/answers", {"source": "email", "answers": given})
    assert [error["path"] for error in refused.json()["errors"]] == ["answers.1.request_id"]
    assert status_of(first, second) == ["sent", "sent"]


def test_one_answer_too_late_takes_back_the_others(caller):
    therapist = TherapistFactory()
    inquiry = InquiryFactory(therapist=therapist)
    first = RequestFactory(inquiry=inquiry)
    gone = RequestFactory(inquiry=inquiry, status="withdrawn")
    given = [
        {"request_id": first.pk, "outcome": "rejected", "reason": "capacity"},
        {"request_id": gone.pk, "outcome": "rejected", "reason": "capacity"},
    ]
    refused = caller.post(f"/inquiries/{inquiry.pk}/answers", {"source": "email", "answers": given})
    assert refused.status_code == 409
    assert status_of(first, gone) == ["sent", "withdrawn"]
