"""The document as data: header, enclosures, lines, fingerprint."""

from datetime import date, datetime
from typing import Any

import pytest
from django.utils import translation

from apps.accounts.models import User
from apps.core.errors import Refused
from apps.matching.evidence import content as contents
from apps.matching.evidence.content import document
from apps.matching.models import EvidenceRule, PlacementSearch, RefusalEvidence
from apps.patients.models import Patient
from tests.factories.therapists import TherapistFactory
from tests.matching.evidence.histories import declined

pytestmark = pytest.mark.django_db


def facts(evidence: RefusalEvidence) -> dict[str, str]:
    return dict(contents.gather(evidence=evidence)["facts"])


def states(evidence: RefusalEvidence) -> dict[str, str]:
    return {row["label"]: row["state"] for row in contents.gather(evidence=evidence)["attachments"]}


def test_header_tells_who_and_what_was_asked(draft: RefusalEvidence, search: PlacementSearch) -> None:
    Patient.objects.filter(pk=search.patient_id).update(is_ptv11_urgent=True)
    draft.tss_contacted_on, draft.tss_result = date(2026, 11, 5), "kein Termin in vier Wochen"
    draft.refresh_from_db(fields=["patient"])
    assert facts(draft) == {
        "Versicherte Person": "Łukasz Şahin-Özdemir",
        "Geburtsdatum": "17.05.1990",
        "KVNR": "A123456780",
        "Krankenkasse": "Ahornkasse",
        "Fall": search.patient.case_code,
        "Zeitraum": "02.11.2026 bis 30.11.2026",
        "Sprechstunde": "14.09.2026",
        "PTV 11": "14.09.2026, dringlich",
        "Terminservicestelle": "05.11.2026. Ergebnis: kein Termin in vier Wochen",
        "Anfrage bei der Kasse": "nicht angegeben",
    }


def test_kvnr_is_left_out_where_the_insurer_does_not_want_it(
    draft: RefusalEvidence, search: PlacementSearch
) -> None:
    EvidenceRule.objects.create(insurer=search.patient.insurer, shows_kvnr=False)
    assert "KVNR" not in facts(draft)
    assert "A123456780" not in str(contents.gather(evidence=draft))


def test_enclosures_follow_the_rule(draft: RefusalEvidence, search: PlacementSearch) -> None:
    rule = EvidenceRule.objects.create(insurer=search.patient.insurer)
    before = states(draft)
    assert before["Ergebnis der Terminservicestelle"] == "missing"
    assert before["PTV 11 (Individuelle Patienteninformation)"] == "there"
    rule.needs_tss = rule.needs_ptv11 = False
    rule.save()
    assert set(before) - set(states(draft)) == {
        "Ergebnis der Terminservicestelle",
        "PTV 11 (Individuelle Patienteninformation)",
    }


def test_enclosures_are_there_when_answered(draft: RefusalEvidence) -> None:
    draft.tss_contacted_on, draft.tss_result = date(2026, 11, 5), "kein Termin"
    draft.insurer_asked_on = date(2026, 11, 6)
    found = states(draft)
    assert found["Ergebnis der Terminservicestelle"] == "there"
    assert found["Anfrage bei der Kasse mit Antwort"] == "missing"
    draft.insurer_answer = "keine Praxis genannt"
    assert states(draft)["Anfrage bei der Kasse mit Antwort"] == "there"


def test_number_and_wait_are_the_insurers(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User
) -> None:
    for day in (3, 4):
        declined(search, by=coordinator, day=day)
    assert contents.gather(evidence=draft)["summary"]["is_reached"] is False
    EvidenceRule.objects.create(insurer=search.patient.insurer, least_attempts=2, longest_wait_weeks=6)
    summary = contents.gather(evidence=draft)["summary"]
    assert (summary["is_reached"], summary["least"], summary["longest_wait_weeks"]) == (True, 2, 6)


def test_line_tells_everything_about_the_practice(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User
) -> None:
    therapist = TherapistFactory(
        title="Dr. phil.",
        first_name="Mara",
        last_name="Klein",
        seat="half",
        approvals=(("TP", "adults", "individual"), ("VT", "minors", "group"), ("VT", "adults", "individual")),
        practice__name="Praxis am Ring",
        practice__street="Ring 1",
    )
    declined(search, by=coordinator, day=9, therapist=therapist, distance_km=2.44)
    (line,) = contents.gather(evidence=draft)["lines"]
    told = {
        name: line[name] for name in ("therapist", "practice", "street", "plz", "city", "seat", "methods")
    }
    assert told == {
        "therapist": "Dr. phil. Mara Klein",
        "practice": "Praxis am Ring",
        "street": "Ring 1",
        "plz": "04109",
        "city": "Leipzig",
        "seat": "halber Kassensitz",
        "methods": "VT, TP",
    }
    assert (line["age_groups"], line["distance_km"]) == ("Erwachsene, Kinder und Jugendliche", "2,4")
    assert (line["day"], line["time"], line["channel"]) == ("09.11.2026", "10:00", "E-Mail")


@pytest.mark.parametrize("language", ["de", "en"])
def test_document_is_german_whatever_the_screen(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, language: str
) -> None:
    declined(search, by=coordinator, day=9)
    with translation.override(language):
        (line,) = contents.gather(evidence=draft)["lines"]
    assert line["outcome"] == "abgelehnt: kein freier Platz"


def test_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert contents.fingerprint({"a": 1, "b": "ö"}) == contents.fingerprint({"b": "ö", "a": 1})
    assert (
        contents.fingerprint({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    )


def test_kept_content_that_was_changed_is_refused(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    content: dict[str, Any] = {**contents.gather(evidence=draft), "signature": {"by": "A", "at": "B"}}
    draft.content, draft.content_hash = content, contents.fingerprint(content)
    assert document(evidence=draft, at=at).as_of == "B"
    draft.content = {**content, "case_code": "XXX-XXX"}
    with pytest.raises(Refused):
        document(evidence=draft, at=at)
