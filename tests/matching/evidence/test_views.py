"""The pages: who may, what they show, what is written into the log of accesses."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.core.models import AccessEntry
from apps.matching.models import EvidenceRule, PlacementSearch, RefusalEvidence
from tests.factories.patients import InsurerFactory
from tests.matching.acts import fresh
from tests.matching.evidence.histories import declined
from tests.matching.evidence.pdf_text import pages

pytestmark = pytest.mark.django_db

READ = ["search_evidence", "evidence"]
WORK = ["new_evidence", "correct_evidence", "sign_evidence", "void_evidence", "evidence_pdf", "evidence_csv"]


def url(name: str, draft: RefusalEvidence, search: PlacementSearch) -> str:
    pk = search.pk if name in ("search_evidence", "new_evidence") else draft.pk
    return reverse(f"matching:{name}", args=[pk])


@pytest.fixture
def filled(draft: RefusalEvidence, search: PlacementSearch, coordinator: User) -> RefusalEvidence:
    declined(search, by=coordinator, day=9)
    return draft


@pytest.mark.parametrize("name", [*READ, *WORK])
def test_pages_open_for_those_who_may(
    filled: RefusalEvidence,
    search: PlacementSearch,
    viewer_client: Client,
    coordinator_client: Client,
    outsider_client: Client,
    name: str,
) -> None:
    path = url(name, filled, search)
    assert coordinator_client.get(path).status_code == 200
    assert viewer_client.get(path).status_code == (200 if name in READ else 403)
    assert outsider_client.get(path).status_code == 403


@pytest.mark.parametrize("name", [*READ, *WORK])
def test_every_page_writes_an_access_entry(
    filled: RefusalEvidence, search: PlacementSearch, coordinator_client: Client, name: str
) -> None:
    coordinator_client.get(url(name, filled, search))
    entry = AccessEntry.objects.get()
    assert (entry.patient_id, entry.purpose) == (search.patient_id, f"matching:{name}")


def test_viewer_is_offered_no_acts(
    filled: RefusalEvidence, search: PlacementSearch, viewer_client: Client
) -> None:
    page = viewer_client.get(url("evidence", filled, search)).content.decode()
    assert reverse("matching:sign_evidence", args=[filled.pk]) not in page
    assert reverse("matching:evidence_pdf", args=[filled.pk]) not in page


def test_draft_page_shows_lines_and_what_is_missing(
    filled: RefusalEvidence, search: PlacementSearch, coordinator_client: Client
) -> None:
    page = coordinator_client.get(url("evidence", filled, search)).content.decode()
    assert "1 erfolglose Anfrage bei 1 Praxis mit Kassensitz (1 Therapeut:in)" in page
    assert "abgelehnt: kein freier Platz" in page
    assert "Ergebnis der Terminservicestelle" in page


def test_list_tells_the_count_so_far(
    filled: RefusalEvidence, search: PlacementSearch, viewer_client: Client
) -> None:
    page = viewer_client.get(url("search_evidence", filled, search)).content.decode()
    assert "1 erfolglose Anfrage bei 1 Praxis" in page
    assert reverse("matching:evidence", args=[filled.pk]) in page


def test_form_begins_with_the_time_of_the_search(search: PlacementSearch, coordinator_client: Client) -> None:
    form = coordinator_client.get(reverse("matching:new_evidence", args=[search.pk])).context["form"]
    assert (str(form["period_from"].value()), str(form["period_to"].value())) == ("2026-11-02", "2026-11-23")


def test_create_makes_a_draft(search: PlacementSearch, coordinator_client: Client, coordinator: User) -> None:
    answer = coordinator_client.post(
        reverse("matching:new_evidence", args=[search.pk]),
        {
            "period_from": "2026-11-02",
            "period_to": "2026-11-23",
            "tss_contacted_on": "2026-11-05",
            "tss_result": "kein Termin",
        },
    )
    evidence = RefusalEvidence.objects.get()
    assert answer["Location"] == reverse("matching:evidence", args=[evidence.pk])
    assert (evidence.patient, evidence.tss_result, evidence.created_by) == (
        search.patient,
        "kein Termin",
        coordinator,
    )


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("period_to", {"period_from": "2026-11-20", "period_to": "2026-11-02"}),
        ("period_to", {"period_from": "2026-11-02", "period_to": "2026-11-24"}),
        ("tss_contacted_on", {"period_from": "2026-11-02", "period_to": "2026-11-23", "tss_result": "no"}),
        (
            "insurer_asked_on",
            {"period_from": "2026-11-02", "period_to": "2026-11-23", "insurer_asked_on": "2026-12-01"},
        ),
    ],
)
def test_create_says_what_is_wrong(
    search: PlacementSearch, coordinator_client: Client, field: str, data: dict[str, str]
) -> None:
    answer = coordinator_client.post(reverse("matching:new_evidence", args=[search.pk]), data)
    assert list(answer.context["form"].errors) == [field]
    assert not RefusalEvidence.objects.exists()


def test_correct_saves(filled: RefusalEvidence, search: PlacementSearch, coordinator_client: Client) -> None:
    data = {"period_from": "2026-11-02", "period_to": "2026-11-20", "insurer_asked_on": "2026-11-06"}
    coordinator_client.post(url("correct_evidence", filled, search), data)
    assert str(fresh(filled).insurer_asked_on) == "2026-11-06"


def test_sign_from_the_page_that_was_shown(
    filled: RefusalEvidence, search: PlacementSearch, coordinator_client: Client, coordinator: User
) -> None:
    path = url("sign_evidence", filled, search)
    page = coordinator_client.get(path)
    assert any("Ergebnis der Terminservicestelle" in str(line) for line in page.context["consequences"])
    coordinator_client.post(path, {"seen": page.context["form"]["seen"].value()})
    assert (fresh(filled).status, fresh(filled).signed_by) == ("signed", coordinator)


def test_sign_after_a_change_is_refused(
    filled: RefusalEvidence, search: PlacementSearch, coordinator_client: Client, coordinator: User
) -> None:
    path = url("sign_evidence", filled, search)
    seen = coordinator_client.get(path).context["form"]["seen"].value()
    declined(search, by=coordinator, day=10)
    assert coordinator_client.post(path, {"seen": seen}).status_code == 409
    assert fresh(filled).status == "draft"


def test_void_with_reason(
    filled: RefusalEvidence, search: PlacementSearch, coordinator_client: Client
) -> None:
    coordinator_client.post(url("void_evidence", filled, search), {"reason": "wrong period"})
    assert fresh(filled).status == "void"
    assert coordinator_client.get(url("void_evidence", filled, search)).status_code == 409


def test_pdf_is_named_by_case_and_says_draft(
    filled: RefusalEvidence, search: PlacementSearch, coordinator_client: Client
) -> None:
    answer = coordinator_client.get(url("evidence_pdf", filled, search))
    name = f"entwurf-nachweis-{search.patient.case_code}-2026-11-30.pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "private, no-store")
    assert "ENTWURF" in pages(answer.content)[0]


def test_csv_is_what_german_excel_opens(
    filled: RefusalEvidence, search: PlacementSearch, coordinator_client: Client
) -> None:
    answer = coordinator_client.get(url("evidence_csv", filled, search))
    text = answer.content.decode()
    assert text.startswith("\ufeffNr.;Datum;Uhrzeit;Weg;")
    assert answer["Content-Disposition"].endswith(f'{search.patient.case_code}-2026-11-30.csv"')


def test_patient_of_another_insurance_is_warned_of(
    filled: RefusalEvidence, search: PlacementSearch, coordinator_client: Client
) -> None:
    search.patient.insurance_kind = "pkv"
    search.patient.save(update_fields=["insurance_kind"])
    answer = coordinator_client.get(url("evidence", filled, search), headers={"Accept-Language": "en"})
    assert answer.context["is_statutory"] is False


def test_rules_are_the_managements(coordinator_client: Client, manager_client: Client, at: datetime) -> None:
    path = reverse("admin:matching_evidencerule_add")
    insurer = InsurerFactory(name="Birkenkasse")
    data = {"insurer": insurer.pk, "least_attempts": 8, "longest_wait_weeks": 6, "shows_kvnr": "on"}
    assert coordinator_client.post(path, data).status_code == 403
    assert manager_client.post(path, data).status_code == 302
    rule = EvidenceRule.objects.get()
    assert (rule.insurer, rule.least_attempts, rule.needs_tss) == (insurer, 8, False)


def test_admin_of_documents_shows_no_content(
    filled: RefusalEvidence, search: PlacementSearch, manager_client: Client
) -> None:
    page = manager_client.get(reverse("admin:matching_refusalevidence_change", args=[filled.pk]))
    assert page.status_code == 200
    assert search.patient.last_name not in page.content.decode()
