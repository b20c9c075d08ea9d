"""The queue of addresses, with the real practices and patients."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from apps.events import services as events
from apps.geocoding.addresses import Address
from apps.geocoding.enums import Outcome, Precision, Provenance, Reason
from apps.geocoding.models import CachedLookup, GeocodingJob, PostalCode
from apps.geocoding.services import jobs
from apps.geocoding.services.lookup import geocode
from apps.patients import places as patient_places
from apps.patients.models import Patient
from apps.patients.services import registration
from apps.therapists import places as practice_places
from apps.therapists.models import Practice
from apps.therapists.services import practices
from tests.factories.patients import PatientFactory
from tests.factories.therapists import PracticeFactory, TherapistFactory
from tests.geocoding.nominatimserver import Reply, StandIn, house

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("leipzig")]

HOUSE = (51.3391, 12.3857, "house")


def rough_practice(**changes: Any) -> Practice:
    values = {"plz": "04103", "latitude": 51.34, "longitude": 12.38, "precision": "plz"} | changes
    practice = PracticeFactory(**values)
    TherapistFactory(practice=practice)
    return practice


def work(at: datetime) -> int:
    jobs.collect(at=at)
    return jobs.work(clock=lambda: at)


def place_of(row: Practice | Patient) -> tuple[Any, ...]:
    row.refresh_from_db()
    return row.latitude, row.longitude, row.precision


def test_rough_practice_and_patient_are_found_and_placed(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    practice, patient = rough_practice(street="Lindenstraße 5"), PatientFactory(street="Ahornweg 7")
    fine = PracticeFactory()
    assert work(at) == 2
    assert place_of(practice) == place_of(patient) == HOUSE
    assert place_of(fine) == (51.3406, 12.3747, "street")
    assert {asked.query["street"] for asked in own_server.asked} == {"Lindenstraße 5", "Ahornweg 7"}
    for job in GeocodingJob.objects.all():
        assert (job.outcome, job.provenance, job.waiting_since) == (
            Outcome.PLACED,
            Provenance.NOMINATIM,
            None,
        )
    assert work(at) == 0  # nothing is asked twice


def test_new_point_tells_the_searches_and_ends_there(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    rough_practice()
    PatientFactory()
    work(at)
    assert events.dispatch(at=at) >= 2  # therapist.moved, patient.moved
    assert work(at) == 0
    assert len(own_server.asked) == 2


def test_changed_street_is_placed_anew(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    patient = PatientFactory(precision="house", latitude=51.33, longitude=12.37)
    registration.update(patient=patient, changes={"street": "Neuer Weg 1"}, actor=None, at=at)
    events.dispatch(at=at)
    assert GeocodingJob.objects.get().has_moved
    assert work(at) == 1
    assert place_of(patient) == HOUSE
    assert not GeocodingJob.objects.get().has_moved


def test_changed_address_of_a_practice_is_placed_anew(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    practice = rough_practice(precision="house")
    practices.update_practice(practice=practice, changes={"street": "Neuer Weg 1"}, actor=None, at=at)
    events.dispatch(at=at)
    assert work(at) == 1
    assert place_of(practice) == HOUSE


def test_point_set_by_hand_stays(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    practice = rough_practice()
    practices.update_practice(
        practice=practice, changes={"latitude": 51.3, "longitude": 12.3}, actor=None, at=at
    )
    jobs.queue(kind="practice", object_ids=[practice.pk], at=at)
    assert jobs.work(clock=lambda: at) == 1
    assert place_of(practice) == (51.3, 12.3, "manual")
    assert own_server.asked == []
    assert GeocodingJob.objects.get().provenance == Provenance.HAND


def test_point_set_by_hand_settles_what_was_listed(at: datetime) -> None:
    practice = rough_practice(plz="99999", city="Nirgendwo", latitude=None, longitude=None, precision="none")
    work(at)
    assert GeocodingJob.objects.get().outcome == Outcome.UNKNOWN
    practices.update_practice(
        practice=practice, changes={"latitude": 51.3, "longitude": 12.3}, actor=None, at=at
    )
    events.dispatch(at=at)
    assert GeocodingJob.objects.get().outcome == Outcome.PLACED


def test_dead_server_keeps_the_point_and_the_job(own_server: StandIn, at: datetime) -> None:
    practice = rough_practice()
    own_server.replies.extend([Reply(status=500, body=[])] * 3)
    own_server.found = [house(51.3391, 12.3857)]
    assert work(at) == 1
    job = GeocodingJob.objects.get()
    assert (job.outcome, job.reason) == (Outcome.COARSE, Reason.UNREACHABLE)
    assert (job.waiting_since, job.due_at) == (at, at + timedelta(minutes=5))
    assert place_of(practice) == (51.34, 12.38, "plz")
    assert work(at + timedelta(minutes=4)) == 0
    assert work(at + timedelta(minutes=5)) == 1
    assert place_of(practice) == HOUSE


def test_refused_hit_keeps_the_plz_and_is_listed(own_server: StandIn, at: datetime) -> None:
    practice = rough_practice()
    own_server.found = [house(48.137, 11.575)]
    work(at)
    job = GeocodingJob.objects.get()
    assert (job.outcome, job.reason, job.distance_km) == (Outcome.REFUSED, Reason.IMPLAUSIBLE, 361)
    assert place_of(practice) == (51.34, 12.38, "plz")


def test_worse_answer_does_not_replace_a_finer_point(own_server: StandIn, at: datetime) -> None:
    practice = rough_practice(precision="street")
    jobs.queue(kind="practice", object_ids=[practice.pk], at=at)
    work(at)
    assert place_of(practice) == (51.34, 12.38, "street")
    assert GeocodingJob.objects.get().precision == Precision.STREET


def test_without_a_server_jobs_wait_for_one(settings: Any, own_server: StandIn, at: datetime) -> None:
    practice = rough_practice()
    url, settings.NOMINATIM_URL = settings.NOMINATIM_URL, ""
    work(at)
    assert GeocodingJob.objects.get().reason == Reason.NO_SERVER
    settings.NOMINATIM_URL = url
    own_server.found = [house(51.3391, 12.3857)]
    assert work(at) == 1
    assert place_of(practice) == HOUSE


def test_address_changed_while_we_asked_is_not_overwritten(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    practice, patient = rough_practice(), PatientFactory()
    old = Address("somewhere else", "04103", "Leipzig")
    found = geocode(address=old, at=at)
    assert not practice_places.place(object_id=practice.pk, address=old, found=found, at=at)
    assert not patient_places.place(object_id=patient.pk, address=old, found=found, at=at)
    assert place_of(practice) == (51.34, 12.38, "plz")


def test_record_queued_anew_meanwhile_keeps_waiting(
    own_server: StandIn, monkeypatch: pytest.MonkeyPatch, at: datetime
) -> None:
    practice = rough_practice()
    own_server.found = [house(51.3391, 12.3857)]
    later = at + timedelta(seconds=1)

    def slow(**kwargs: Any) -> Any:
        jobs.queue(kind="practice", object_ids=[practice.pk], at=later, has_moved=True)
        monkeypatch.undo()
        return geocode(**kwargs)

    jobs.collect(at=at)
    monkeypatch.setattr(jobs, "geocode", slow)
    assert jobs.work(clock=lambda: at) == 1
    job = GeocodingJob.objects.get()
    assert (job.waiting_since, job.has_moved, job.outcome) == (later, True, "")


def test_job_of_a_dead_worker_comes_back(own_server: StandIn, at: datetime) -> None:
    rough_practice()
    jobs.collect(at=at)
    assert jobs._claim(at) is not None
    assert jobs._claim(at + timedelta(minutes=4)) is None
    assert jobs._claim(at + timedelta(minutes=5)) is not None


def test_trouble_with_one_record_does_not_stop_the_others(
    own_server: StandIn, monkeypatch: pytest.MonkeyPatch, at: datetime
) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    bad, good = rough_practice(phone="not a number"), rough_practice()
    Practice.objects.filter(pk=bad.pk).update(website="nonsense")
    assert work(at) == 2
    assert place_of(good) == HOUSE
    job = GeocodingJob.objects.get(object_id=bad.pk)
    assert (job.attempts, job.due_at) == (1, at + timedelta(minutes=5))


def test_tidy_forgets_what_is_past_or_gone(at: datetime) -> None:
    jobs.queue(kind="patient", object_ids=[987654], at=at)
    for key, days in (("a", 1), ("b", 3)):
        CachedLookup.objects.create(
            key=key, is_found=True, fetched_at=at, expires_at=at + timedelta(days=days)
        )
    jobs.tidy(at=at + timedelta(days=2))
    assert list(CachedLookup.objects.values_list("key", flat=True)) == ["b"]
    assert not GeocodingJob.objects.exists()


def test_new_table_lets_unknown_places_be_looked_at_again(at: datetime) -> None:
    practice = rough_practice(plz="04668", city="Grimma", latitude=None, longitude=None, precision="none")
    work(at)
    PostalCode.objects.create(plz="04668", place_name="Grimma", state="SN", latitude=51.23, longitude=12.72)
    assert jobs.queue_unknown(at=at) == 1
    work(at)
    assert place_of(practice) == (51.23, 12.72, "plz")


def test_queue_holds_no_address(own_server: StandIn, at: datetime) -> None:
    PatientFactory(street="Kanarienvogelweg 7")
    work(at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM geocoding_geocodingjob t")
        [(row,)] = cursor.fetchall()
    assert "Kanarienvogel" not in row
