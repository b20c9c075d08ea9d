"""Whatever has happened to a request: what counts is proven, and nothing is counted twice."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, EmailStatus
from apps.matching.enums import AnswerSource, RequestStatus
from apps.matching.evidence import content as contents
from apps.matching.evidence.rows import rows
from apps.matching.models import PlacementRequest, PlacementSearch, RefusalEvidence
from apps.therapists.enums import Seat
from tests.factories.therapists import TherapistFactory
from tests.matching.evidence.histories import FIRST, LAST, answered, called, emailed, ended, moment, requested

pytestmark = pytest.mark.django_db

ANSWERS = ["rejected", "waitlisted", "not_fitting", "conflict"]
ENDS = ["expired", "withdrawn"]
EMAILS = [status for status in EmailStatus if status not in (EmailStatus.QUEUED, EmailStatus.SENDING)]
STEP = st.one_of(
    st.tuples(st.just("email"), st.sampled_from(EMAILS), st.sampled_from(["250 taken", "timed out", ""])),
    st.tuples(st.just("call"), st.sampled_from(list(CallOutcome)), st.just("")),
)
HISTORY = st.fixed_dictionaries(
    {
        "steps": st.lists(STEP, max_size=3),
        "end": st.sampled_from([*ANSWERS, *ENDS, ""]),
        "source": st.sampled_from(list(AnswerSource)),
        "is_signed_by_somebody": st.booleans(),
        "seat": st.sampled_from(list(Seat)),
        "wait_days": st.integers(0, 200),
    }
)


def lived(search: PlacementSearch, history: dict[str, Any], by: User, day: int) -> PlacementRequest:
    who = by if history["is_signed_by_somebody"] else None
    request = requested(search, TherapistFactory(seat=history["seat"]), by=by, at=moment(day))
    for number, (kind, state, reply) in enumerate(history["steps"]):
        at = moment(day) + timedelta(days=number)
        if kind == "email":
            emailed(request, by=by, at=at, status=state, reply=reply)
        else:
            called(request, state, by=who, at=at)
    at = moment(day) + timedelta(days=5)
    if history["end"] in ANSWERS:
        until = (at + timedelta(days=history["wait_days"])).date()
        return answered(request, history["end"], by=who, at=at, source=history["source"], until=until)
    return ended(request, history["end"], at=at) if history["end"] else request


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=st.lists(HISTORY, min_size=1, max_size=3))
def test_what_counts_is_proven_and_counts_once(
    search: PlacementSearch, coordinator: User, draft: RefusalEvidence, histories: list[dict[str, Any]]
) -> None:
    search.requests.all().delete()
    made = [lived(search, history, coordinator, 3 + day) for day, history in enumerate(histories)]
    found = rows(patient=search.patient, first=FIRST, last=LAST, longest_wait_weeks=12)
    counted = [row for row in found if row.is_counted]
    content = contents.gather(evidence=draft)

    assert {row.request for row in found} <= set(made)
    assert len({row.request for row in counted}) == len(counted)
    for row in counted:
        assert row.contact.proof
        assert row.contact.gap == row.gap == ""
        assert row.therapist.seat in (Seat.FULL, Seat.HALF)
        assert row.request.status not in (RequestStatus.NOT_FITTING, RequestStatus.CONFLICT)
        assert row.answer_proof or row.request.answered_at is None
    assert len(content["lines"]) + len(content["gaps"]) == len(found)
    assert not any(line["is_counted"] for line in content["gaps"])
    assert sum(line["is_counted"] for line in content["lines"]) == content["summary"]["requests"]
    assert all(line["proof"] and line["who"] != "nicht angegeben" for line in content["lines"])
