"""Making, correcting, signing and voiding, and that what was signed stays as it was."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from apps.accounts.models import User
from apps.core.errors import Refused, StaleState
from apps.events.models import DomainEvent
from apps.matching.evidence import pdf
from apps.matching.evidence.content import document
from apps.matching.models import PlacementSearch, RefusalEvidence
from apps.matching.services import evidence as services
from apps.matching.services.evidence import Stated
from apps.patients.models import Patient
from apps.therapists.models import Practice, Therapist
from tests.matching.acts import fresh
from tests.matching.evidence.histories import FIRST, LAST, answered, declined

pytestmark = pytest.mark.django_db
STATED = Stated(period_from=FIRST, period_to=LAST)


def seen(evidence: RefusalEvidence, at: datetime) -> str:
    return document(evidence=evidence, at=at).fingerprint


def signed(evidence: RefusalEvidence, by: User, at: datetime) -> RefusalEvidence:
    return services.sign(evidence=evidence, seen=seen(evidence, at), actor=by, at=at)


def steps(evidence: RefusalEvidence) -> list[tuple[str, str, str]]:
    return list(evidence.history.order_by("id").values_list("old", "new", "reason"))


def test_create_makes_a_draft_with_history(draft: RefusalEvidence, coordinator: User) -> None:
    assert (draft.status, draft.created_by) == ("draft", coordinator)
    assert steps(draft) == [("", "draft", "")]


def test_period_must_be_in_order() -> None:
    with pytest.raises(Refused):
        Stated(period_from=LAST, period_to=FIRST)


def test_correct_changes_the_draft_and_names_the_fields(
    draft: RefusalEvidence, coordinator: User, at: datetime
) -> None:
    stated = replace(STATED, tss_contacted_on=date(2026, 11, 5), tss_result="kein Termin")
    services.correct(evidence=draft, stated=stated, actor=coordinator, at=at)
    services.correct(evidence=draft, stated=stated, actor=coordinator, at=at)
    assert fresh(draft).tss_result == "kein Termin"
    assert steps(draft)[1:] == [("draft", "draft", "tss_contacted_on, tss_result")]


def test_sign_keeps_content_and_fingerprint(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9)
    signed(draft, coordinator, at)
    evidence = fresh(draft)
    assert (evidence.status, evidence.signed_by, evidence.signed_at) == ("signed", coordinator, at)
    assert evidence.content["signature"] == {"by": "Coordinator", "at": "23.11.2026, 09:00 Uhr"}
    assert evidence.content_hash == document(evidence=evidence, at=at).fingerprint
    event = DomainEvent.objects.get(type="evidence.signed")
    assert event.subject_id == str(search.patient_id)
    assert event.payload == {"from": "draft", "to": "signed", "evidence_id": evidence.pk}


def test_signed_document_stays_when_everything_changes(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    request = declined(search, by=coordinator, day=9)
    signed(draft, coordinator, at)
    before = pdf.render(document(evidence=fresh(draft), at=at))
    Patient.objects.filter(pk=search.patient_id).update(last_name="Anders", birth_date=date(1980, 1, 1))
    Therapist.objects.update(last_name="Neu", seat="none")
    Practice.objects.update(name="Umgezogen", plz="99999")
    coordinator.first_name = "Umbenannt"
    coordinator.save(update_fields=["first_name"])
    answered(request, "waitlisted", by=coordinator, at=at)
    declined(search, by=coordinator, day=10)
    after = pdf.render(document(evidence=fresh(draft), at=at + timedelta(days=400)))
    assert after == before


def test_sign_refuses_what_the_person_has_not_seen(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9)
    shown = seen(draft, at)
    declined(search, by=coordinator, day=10)
    with pytest.raises(StaleState):
        services.sign(evidence=draft, seen=shown, actor=coordinator, at=at)
    assert fresh(draft).status == "draft"


def test_sign_refuses_an_empty_document(draft: RefusalEvidence, coordinator: User, at: datetime) -> None:
    with pytest.raises(Refused):
        signed(draft, coordinator, at)


def test_signed_document_is_neither_corrected_nor_signed_again(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9)
    shown = seen(draft, at)
    old_click = fresh(draft)
    signed(draft, coordinator, at)
    with pytest.raises(StaleState):
        services.correct(evidence=old_click, stated=STATED, actor=coordinator, at=at)
    with pytest.raises(StaleState):
        services.sign(evidence=old_click, seen=shown, actor=coordinator, at=at)


@pytest.mark.parametrize("is_signed", [True, False])
def test_void_needs_a_reason_and_is_final(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime, is_signed: bool
) -> None:
    declined(search, by=coordinator, day=9)
    if is_signed:
        signed(draft, coordinator, at)
    with pytest.raises(Refused):
        services.void(evidence=draft, reason="  ", actor=coordinator, at=at)
    services.void(evidence=draft, reason="wrong period", actor=coordinator, at=at)
    assert steps(draft)[-1] == ("signed" if is_signed else "draft", "void", "wrong period")
    with pytest.raises(StaleState):
        services.void(evidence=draft, reason="again", actor=coordinator, at=at)
