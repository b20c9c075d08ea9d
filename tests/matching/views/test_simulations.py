from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.matching.models import SimulationRun
from apps.matching.models.simulation import SimulationPolicy, SimulationStatus
from apps.matching.services import simulations
from tests.factories.matching import SearchFactory
from tests.matching.test_simulations import queued, work_off

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
LIST, NEW = reverse("matching:simulations"), reverse("matching:new_simulation")


def filled(client: Client, **changes: Any) -> dict[str, Any]:
    """The form as it is shown, with changes."""
    form = client.get(NEW).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {**values, "weeks": 4, "therapists": 60, "waiting_at_start": 10, "seeds": 1, **changes}


@pytest.fixture
def done(at: datetime) -> SimulationRun:
    run = queued(None, at)
    work_off(at)
    run.refresh_from_db()
    return run


def test_new_simulation_is_queued_with_what_was_asked(coordinator_client: Client) -> None:
    asked = filled(coordinator_client, contacts_per_week=9, contact_pause_days=14)
    response = coordinator_client.post(NEW, asked)
    run = SimulationRun.objects.get()
    assert response["Location"] == run.get_absolute_url()
    assert (run.status, run.is_own_world) == (SimulationStatus.QUEUED, False)
    assert (run.asked["contacts_per_week"], run.asked["seeds"]) == (9, [1])
    assert run.asked["policies"] == SimulationPolicy.values
    assert run.changed_parameters == {"contact_pause_days": 14}
    assert run.created_by.username == "coordinator"


def test_form_begins_with_the_own_records_where_somebody_waits(coordinator_client: Client) -> None:
    assert coordinator_client.get(NEW).context["form"]["world"].value() == "invented"
    SearchFactory()
    form = coordinator_client.get(NEW).context["form"]
    assert (form["world"].value(), form["arrivals_per_week"].value()) == ("own", 0.1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weeks", 3),
        ("weeks", 53),
        ("policies", []),
        ("seeds", 6),
        ("contact_pause_days", 400),
        ("world", "x"),
    ],
)
def test_values_beyond_the_limits_are_refused_at_their_field(
    coordinator_client: Client, field: str, value: Any
) -> None:
    response = coordinator_client.post(NEW, filled(coordinator_client, **{field: value}))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert not SimulationRun.objects.exists()


def test_own_world_without_anybody_waiting_is_refused(coordinator_client: Client) -> None:
    response = coordinator_client.post(NEW, filled(coordinator_client, world="own"))
    assert response.status_code == 409
    assert not SimulationRun.objects.exists()


def test_decimal_comma_is_understood(coordinator_client: Client) -> None:
    coordinator_client.post(NEW, filled(coordinator_client, arrivals_per_week="2,5", weight_email="0,2"))
    run = SimulationRun.objects.get()
    assert (run.asked["arrivals_per_week"], run.changed_parameters) == (2.5, {"weight_email": 0.2})


def test_page_of_a_running_simulation_asks_again_and_then_reloads(
    viewer_client: Client, at: datetime
) -> None:
    run = queued(None, at)
    simulations.work(clock=lambda: at)
    page = viewer_client.get(run.get_absolute_url()).content.decode()
    url = reverse("matching:simulation_progress", args=[run.pk])
    assert f'hx-get="{url}"' in page
    part = viewer_client.get(url, headers=HTMX)
    assert 'value="50"' in part.content.decode()
    assert not part.has_header("HX-Refresh")
    simulations.work(clock=lambda: at)
    ended = viewer_client.get(url, headers=HTMX)
    assert ended["HX-Refresh"] == "true"
    assert "hx-get" not in ended.content.decode()
    assert viewer_client.get(url).context["run"] == run


def test_result_shows_figures_pictures_and_their_tables(viewer_client: Client, done: SimulationRun) -> None:
    response = viewer_client.get(done.get_absolute_url())
    page = response.content.decode()
    result = response.context["result"]
    assert [len(values) for _wording, values in result["rows"]] == [2] * 19
    assert page.count("<polyline") == 6
    assert page.count("<details") == 3
    assert "hx-get" not in page.split("<main")[1]


def test_failed_and_stopped_runs_say_so(viewer_client: Client, at: datetime) -> None:
    failed, stopped = queued(None, at), queued(None, at)
    SimulationRun.objects.filter(pk=failed.pk).update(status="failed", error="Bitte neu starten.")
    simulations.stop(run=stopped, actor=None, at=at)
    assert "Bitte neu starten." in viewer_client.get(failed.get_absolute_url()).content.decode()
    assert NEW in viewer_client.get(stopped.get_absolute_url()).content.decode()


def test_figures_are_exported_as_shown(viewer_client: Client, done: SimulationRun) -> None:
    response = viewer_client.get(reverse("matching:simulation_export", args=[done.pk]))
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 20
    assert [line.count(";") for line in lines] == [2] * 20


def test_export_without_a_result_is_refused(viewer_client: Client, at: datetime) -> None:
    run = queued(None, at)
    assert viewer_client.get(reverse("matching:simulation_export", args=[run.pk])).status_code == 409


def test_stop_is_for_those_who_work(viewer_client: Client, coordinator_client: Client, at: datetime) -> None:
    run = queued(None, at)
    url = reverse("matching:stop_simulation", args=[run.pk])
    assert viewer_client.post(url).status_code == 403
    assert url not in viewer_client.get(run.get_absolute_url()).content.decode()
    assert coordinator_client.post(url)["Location"] == run.get_absolute_url()
    run.refresh_from_db()
    assert run.status == SimulationStatus.CANCELLED


@pytest.mark.parametrize("rows", [1, 3])
def test_list_needs_the_same_queries_for_any_number_of_rows(
    viewer_client: Client, at: datetime, django_assert_num_queries: Any, rows: int
) -> None:
    for _row in range(rows):
        queued(None, at)
    viewer_client.get(LIST)
    with django_assert_num_queries(8):
        response = viewer_client.get(LIST)
    assert len(response.context["table"].rows) == rows


def test_list_can_be_narrowed_down(viewer_client: Client, at: datetime) -> None:
    waiting, stopped = queued(None, at), queued(None, at)
    simulations.stop(run=stopped, actor=None, at=at)

    def shown(**query: str) -> list[int]:
        return [row.record.pk for row in viewer_client.get(LIST, query).context["table"].rows]

    assert shown() == [stopped.pk, waiting.pk]
    assert shown(status="cancelled") == [stopped.pk]
    assert shown(is_own_world="true") == []
    assert shown(is_own_world="false", status="queued") == [waiting.pk]


def test_reports_lead_to_the_simulations(viewer_client: Client) -> None:
    entries = viewer_client.get(LIST).context["navigation"]
    assert [entry["url"] for entry in entries if entry["is_current"]] == [LIST]
