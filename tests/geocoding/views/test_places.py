from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.models import AccessEntry
from apps.geocoding.models import GeocodingJob, OutsideServer, PostalCode
from apps.geocoding.services import jobs
from tests.factories.patients import PatientFactory
from tests.factories.therapists import PracticeFactory, TherapistFactory
from tests.geocoding.nominatimserver import Reply, StandIn, house

pytestmark = pytest.mark.django_db
URL = "/places/"


@pytest.fixture
def listed(leipzig: PostalCode, at: datetime) -> None:
    practice = PracticeFactory(
        street="Lindenstraße 5",
        plz="99999",
        city="Nirgendwo",
        latitude=None,
        longitude=None,
        precision="none",
        name="Praxis am Ring",
    )
    TherapistFactory(practice=practice)
    PatientFactory(street="Ahornweg 7", latitude=51.34, longitude=12.38, precision="plz")
    jobs.collect(at=at)
    jobs.work(clock=lambda: at)


def page(client: Client, tab: str = "") -> str:
    response = client.get(URL, {"tab": tab}, headers={"Accept-Language": "en"})
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_empty_list_says_so(viewer_client: Client) -> None:
    assert "Nothing here. Every address of this kind is dealt with." in page(viewer_client)


@pytest.mark.usefixtures("listed")
def test_list_names_record_address_and_reason(viewer_client: Client) -> None:
    text = page(viewer_client, "unknown")
    assert "Praxis am Ring" in text
    assert "Lindenstraße 5, 99999 Nirgendwo" in text
    assert "Neither postal code nor town are known. Please check both." in text
    assert "Try again" not in text


@pytest.mark.usefixtures("listed")
def test_list_tells_no_street_of_a_patient(coordinator_client: Client) -> None:
    text = page(coordinator_client, "coarse")
    assert "04103 Leipzig" in text
    assert "Ahornweg" not in text
    assert "Ahorn" not in text
    assert "Try again" in text


@pytest.mark.usefixtures("listed")
def test_list_takes_the_same_queries_however_long(
    coordinator_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, at: datetime
) -> None:
    for _count in range(12):
        TherapistFactory(practice__plz="99999", practice__precision="none")
    jobs.collect(at=at)
    with django_assert_max_num_queries(18):
        page(coordinator_client, "waiting")


@pytest.mark.usefixtures("listed")
def test_try_again_queues_the_row(coordinator_client: Client, viewer_client: Client) -> None:
    job = GeocodingJob.objects.get(kind="practice")
    url = reverse("geocoding:try_again", args=[job.pk])
    assert viewer_client.post(url).status_code == 403
    assert coordinator_client.get(url).status_code == 405
    response = coordinator_client.post(url)
    assert (response.status_code, response["Location"]) == (302, "/places/?tab=unknown")
    job.refresh_from_db()
    assert job.waiting_since is not None


@pytest.mark.usefixtures("listed")
def test_try_all_again_queues_the_tab_only(coordinator_client: Client) -> None:
    coordinator_client.post(reverse("geocoding:try_all_again"), {"tab": "coarse"})
    waiting = GeocodingJob.objects.filter(waiting_since__isnull=False)
    assert [job.kind for job in waiting] == ["patient"]


def test_page_says_how_the_server_is(viewer_client: Client, settings: Any) -> None:
    assert "No address server is set up" in page(viewer_client)
    settings.NOMINATIM_URL = "http://127.0.0.1:9"
    now = timezone.now()
    until = now + timedelta(minutes=4)
    OutsideServer.objects.create(
        name="nominatim", next_free_at=now, failures=1, reply="HTTP 500", open_until=until
    )
    clock = f"{timezone.localtime(until):%H:%M}"
    said = f"The address server cannot be used (HTTP 500); it is asked again at {clock}."
    assert said in page(viewer_client)


def test_check_draws_the_point_and_its_plz(viewer_client: Client, leipzig: PostalCode) -> None:
    practice = PracticeFactory(plz="04103", latitude=51.35, longitude=12.39, precision="street")
    text = viewer_client.get(f"/places/check/practice/{practice.pk}/").content.decode()
    assert "<svg viewBox" in text
    assert "04103 Leipzig (1,3 km)" in " ".join(text.split())
    assert not AccessEntry.objects.exists()


def test_check_of_a_patient_is_noted(viewer_client: Client, leipzig: PostalCode) -> None:
    patient = PatientFactory()
    assert viewer_client.get(f"/places/check/patient/{patient.pk}/").status_code == 200
    assert AccessEntry.objects.get().patient_id == patient.pk


def test_check_without_a_point_says_what_to_do(viewer_client: Client) -> None:
    practice = PracticeFactory(latitude=None, longitude=None, precision="none")
    response = viewer_client.get(f"/places/check/practice/{practice.pk}/", headers={"Accept-Language": "en"})
    assert "There is no point yet. Please check postal code and town." in response.content.decode()


@pytest.mark.parametrize("path", ["practice/987654", "nonsense/1"])
def test_check_of_nothing_is_not_found(viewer_client: Client, path: str) -> None:
    assert viewer_client.get(f"/places/check/{path}/").status_code == 404


def test_ask_says_what_lies_there(
    coordinator_client: Client, own_server: StandIn, leipzig: PostalCode
) -> None:
    own_server.reversed = house(51.3391, 12.3857)
    practice = PracticeFactory(plz="04103", latitude=51.34, longitude=12.38)
    url = f"/places/check/practice/{practice.pk}/ask/"
    said = coordinator_client.post(url, follow=True, headers={"Accept-Language": "en"}).content.decode()
    assert "At this point lies: Lindenstraße 5, 04103 Leipzig (address server)." in said
    own_server.replies.extend([Reply(status=403, body=[])])
    said = coordinator_client.post(url, follow=True, headers={"Accept-Language": "en"}).content.decode()
    assert "At this point lies: 04103 Leipzig (own table of postal codes and towns)." in said
    assert "The address server cannot be reached" in said
