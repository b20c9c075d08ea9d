"""What matching tells of a patient and of a therapist."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from apps.accounts.models import User
from apps.matching import stories
from apps.matching.enums import EvidenceStatus, ExclusionSource
from apps.matching.models import IdentityLink, RefusalEvidence
from apps.matching.services import answers, searches, trial
from apps.patients.models import Patient
from apps.therapists.models import Therapist
from tests.factories.matching import SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, TODAY, accept, answer, asked, change_parameter, fresh, reject

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def told(entries: list[Any]) -> list[tuple[str, str]]:
    """Kind and text, newest first."""
    ordered = sorted(entries, key=lambda entry: entry["at"], reverse=True)
    return [(entry.get("kind", "state"), entry["text"]) for entry in ordered]


def test_patient_story_tells_search_requests_and_answers() -> None:
    patient = PatientFactory()
    search = searches.open_search(patient=patient, actor=None, at=AT - HOUR, today=TODAY)
    request = asked(search)
    reject(request, at=AT + HOUR)
    name = request.therapist.full_name
    assert told(stories.of_patient(patient.pk)) == [
        ("answer", f"{name}: asked → declined"),
        ("state", f"{name}: released → asked"),
        ("state", "Search for a place: begun: active"),
    ]


def test_answer_tells_source_and_reason() -> None:
    request = asked()
    reject(request, at=AT + HOUR)
    entry = next(row for row in stories.of_patient(request.search.patient_id) if row.get("kind"))
    assert entry["reason"] == "phone · no capacity"
    assert entry["url"] == f"/inquiries/{request.inquiry_id}/#request-{request.pk}"


def test_answer_tells_until_when_the_waiting_list_is() -> None:
    request = asked()
    answer(request, "waitlisted", waitlist_until=date(2027, 2, 1))  # type: ignore[arg-type]
    entry = next(row for row in stories.of_patient(request.search.patient_id) if row.get("kind"))
    assert entry["reason"] == "phone · until 01/02/2027"


def test_answer_that_was_replaced_does_not_speak_the_words_of_the_later_one() -> None:
    request = asked()
    answer(request, "waitlisted", waitlist_until=date(2027, 2, 1))  # type: ignore[arg-type]
    reject(fresh(request), at=AT + DAY)
    reasons = [row["reason"] for row in stories.of_patient(request.search.patient_id) if row.get("kind")]
    assert reasons == ["phone · no capacity", ""]


def test_undone_answer_stays_in_the_story() -> None:
    request = asked()
    reject(request, at=AT + HOUR)
    answers.undo_answer(request=fresh(request), actor=None, at=AT + 2 * HOUR, reason="wrong button")
    found = told(stories.of_patient(request.search.patient_id))
    assert [text.split(": ")[1] for _kind, text in found[:2]] == ["declined → asked", "asked → declined"]


def test_patient_story_tells_sessions_identity_exclusions_and_evidence(coordinator: User) -> None:
    request = accept(asked())
    patient = request.search.patient
    trial.release_identity(request=request, actor=coordinator, at=AT + HOUR, today=TODAY)
    link = IdentityLink.objects.create(
        request=request,
        token_hash="0" * 64,
        created_at=AT + HOUR,
        created_by=coordinator,
        expires_at=AT + 7 * DAY,
        opened_at=AT + 2 * HOUR,
    )
    session = trial.plan_session(request=request, planned_at=AT + 3 * DAY)
    excluded = TherapistFactory()
    searches.exclude_therapist(
        patient=patient,
        therapist=excluded,
        source=ExclusionSource.STAFF,
        reason="a neighbour",
        actor=coordinator,
        at=AT,
    )
    evidence = RefusalEvidence.objects.create(
        patient=patient, period_from=TODAY, period_to=TODAY, status="signed", signed_at=AT, content_hash="x"
    )
    evidence.history.create(old="draft", new=EvidenceStatus.SIGNED, at=AT, operation="0" * 32)
    name = request.therapist.full_name
    found = {text for _kind, text in told(stories.of_patient(patient.pk))}
    assert {
        f"{name}: identity released",
        f"{name}: link to the identity sent",
        f"{name}: identity looked at",
        f"{name}: trial session, planned",
        f"{excluded.full_name} excluded",
        "Refusal evidence: draft → signed off",
    } <= found
    assert (link.revoked_at, session.request_id) == (None, request.pk)


def test_therapist_story_names_patients_by_case_code_only() -> None:
    request = accept(asked())
    patient = request.search.patient
    trial.release_identity(request=request, actor=None, at=AT, today=TODAY)
    trial.plan_session(request=request, planned_at=AT)
    entries = stories.of_therapist(request.therapist_id)
    assert sum(patient.case_code in entry["text"] for entry in entries) == 3
    for private in (patient.first_name, patient.last_name, patient.email, "F32"):
        assert private not in str(entries)


def test_therapist_story_tells_of_an_inquiry_once_however_many_are_in_it() -> None:
    change_parameter("contact_pause_days", 0)
    request = asked()
    reject(request, at=AT + HOUR)
    reference, code = request.inquiry.reference, request.search.patient.case_code
    assert told(stories.of_therapist(request.therapist_id)) == [
        ("state", f"{reference}: sent → answered"),
        ("answer", f"{code}: asked → declined"),
        ("state", f"{reference}: released → sent"),
        ("state", f"{reference}: draft → released"),
    ]


def test_drafts_nobody_saw_are_not_told() -> None:
    search = SearchFactory()
    request = asked(search)
    texts = [text for _kind, text in told(stories.of_patient(search.patient_id))]
    assert texts == [f"{request.therapist.full_name}: released → asked"]


def everything(count: int, patient: Patient, therapist: Therapist, actor: User) -> None:
    """`count` therapists who accepted one after the other, with everything that comes of it."""
    change_parameter("contact_pause_days", 0)
    for number in range(count):
        at = AT + 8 * number * DAY
        search = SearchFactory(patient=patient) if not patient.searches.exists() else patient.searches.get()
        request = accept(asked(search, therapist if number == 0 else None, at=at), at=at)
        trial.release_identity(request=request, actor=actor, at=at, today=TODAY)
        IdentityLink.objects.create(
            request=request,
            token_hash=f"{number:064d}",
            created_at=at,
            created_by=actor,
            expires_at=at + DAY,
        )
        trial.plan_session(request=request, planned_at=at)
        trial.did_not_fit(request=request, reason="no", actor=actor, at=at)
        evidence = RefusalEvidence.objects.create(patient=patient, period_from=TODAY, period_to=TODAY)
        evidence.history.create(old="", new="void", at=at, operation="0" * 32, actor=actor)


@pytest.mark.parametrize("count", [1, 3])
def test_story_of_a_patient_costs_seven_queries(
    coordinator: User, django_assert_num_queries: Any, count: int
) -> None:
    """Searches, requests, sessions, identities released, links, exclusions, evidence."""
    patient = PatientFactory(searching=True)
    everything(count, patient, TherapistFactory(), coordinator)
    with django_assert_num_queries(7):
        assert len(stories.of_patient(patient.pk)) > 5 * count


@pytest.mark.parametrize("count", [1, 3])
def test_story_of_a_therapist_costs_five_queries(
    coordinator: User, django_assert_num_queries: Any, count: int
) -> None:
    therapist = TherapistFactory()
    for _number in range(count):
        patient = PatientFactory(searching=True)
        request = accept(asked(SearchFactory(patient=patient), therapist, at=AT + 8 * _number * DAY))
        trial.plan_session(request=request, planned_at=AT)
        trial.release_identity(request=request, actor=coordinator, at=AT, today=TODAY)
        therapist.pauses.all().delete()
    with django_assert_num_queries(5):
        assert len(stories.of_therapist(therapist.pk)) == 6 * count
