from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.matching.models import MatchRun, PlacementSearch, SimulationRun, TherapistExclusion
from tests.factories.matching import (
    InquiryFactory,
    RequestFactory,
    RoundFactory,
    SearchFactory,
    SessionFactory,
)
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT

pytestmark = pytest.mark.django_db


def exclusion() -> TherapistExclusion:
    return TherapistExclusion.objects.create(
        patient=SearchFactory().patient, therapist=TherapistFactory(), source="staff", reason="too far"
    )


ROWS: dict[str, Callable[[], Any]] = {
    "placementsearch": SearchFactory,
    "therapistexclusion": exclusion,
    "round": RoundFactory,
    "inquiry": lambda: RequestFactory().inquiry,
    "placementrequest": RequestFactory,
    "trialsession": SessionFactory,
    "matchrun": lambda: MatchRun.objects.create(day=AT.date(), shard_count=1, started_at=AT),
    "simulationrun": lambda: SimulationRun.objects.create(),
}


def url(model: str, page: str, *args: int) -> str:
    return reverse(f"admin:matching_{model}_{page}", args=args)


@pytest.mark.parametrize("model", ROWS)
def test_list_and_row_open_and_search_works(viewer_client: Client, model: str) -> None:
    row = ROWS[model]()
    found = viewer_client.get(url(model, "changelist"))
    assert [one.pk for one in found.context["cl"].result_list] == [row.pk]
    assert viewer_client.get(url(model, "changelist"), {"q": "nothing like it"}).status_code == 200
    assert viewer_client.get(url(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", ROWS)
def test_admin_is_closed_without_a_role(outsider_client: Client, client: Client, model: str) -> None:
    assert outsider_client.get(url(model, "changelist")).status_code == 403
    assert client.get(url(model, "changelist")).status_code == 302


@pytest.mark.parametrize("model", ROWS)
def test_nothing_is_added_past_the_services(manager_client: Client, model: str) -> None:
    assert manager_client.get(url(model, "add")).status_code == 403


@pytest.mark.parametrize("model", [name for name in ROWS if name != "placementsearch"])
def test_nothing_is_changed_past_the_services(manager_client: Client, model: str) -> None:
    row = ROWS[model]()
    assert manager_client.post(url(model, "change", row.pk), {"status": "cancelled"}).status_code == 403


@pytest.mark.parametrize("model", [name for name in ROWS if name != "therapistexclusion"])
def test_nothing_is_deleted(manager_client: Client, model: str) -> None:
    row = ROWS[model]()
    assert manager_client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_wrong_exclusion_is_taken_off_by_the_management_only(
    coordinator_client: Client, manager_client: Client
) -> None:
    row = exclusion()
    delete = url("therapistexclusion", "delete", row.pk)
    assert coordinator_client.post(delete, {"post": "yes"}).status_code == 403
    assert manager_client.post(delete, {"post": "yes"}).status_code == 302
    assert not TherapistExclusion.objects.exists()


def save(client: Client, search: PlacementSearch, **values: str) -> PlacementSearch:
    inlines = ("requests", "history")
    forms = {f"{name}-{part}_FORMS": "0" for name in inlines for part in ("TOTAL", "INITIAL")}
    assert client.post(url("placementsearch", "change", search.pk), {**forms, **values}).status_code == 302
    return PlacementSearch.objects.get(pk=search.pk)


def test_note_and_kostenerstattung_are_editable_while_nobody_is_asked(coordinator_client: Client) -> None:
    saved = save(coordinator_client, SearchFactory(), note="calls on Friday", is_kostenerstattung="on")
    assert (saved.note, saved.is_kostenerstattung, saved.status) == ("calls on Friday", True, "active")


def test_kostenerstattung_stays_while_somebody_is_asked(coordinator_client: Client) -> None:
    search = RequestFactory().search
    saved = save(coordinator_client, search, note="n", is_kostenerstattung="on", status="cancelled")
    assert (saved.note, saved.is_kostenerstattung, saved.status) == ("n", False, "active")


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("model", "queries"), [("placementsearch", 11), ("inquiry", 11), ("placementrequest", 11)]
)
def test_lists_need_the_same_queries_for_any_number_of_rows(
    manager_client: Client, django_assert_num_queries: Any, model: str, queries: int, count: int
) -> None:
    for _row in range(count):
        ROWS[model]()
    manager_client.get(url(model, "changelist"))
    with django_assert_num_queries(11):
        manager_client.get(url(model, "changelist"))


def test_patients_appear_by_case_code(manager_client: Client) -> None:
    row = RequestFactory(search__patient__last_name="Nachnamezeuge", inquiry=InquiryFactory())
    pages = [
        url("placementsearch", "change", row.search_id),
        url("placementrequest", "change", row.pk),
        url("inquiry", "change", row.inquiry_id),
    ]
    texts = [manager_client.get(page).content.decode() for page in pages]
    assert ["Nachnamezeuge" in text for text in texts] == [False, False, False]
    assert [row.search.patient.case_code in text for text in texts] == [True, True, True]
