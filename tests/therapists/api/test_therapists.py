from datetime import UTC, datetime

import pytest

from apps.events.models import DomainEvent
from apps.therapists.models import Practice, Therapist
from tests.factories.therapists import ContactPauseFactory, PracticeFactory, TherapistFactory
from tests.therapists.api.conftest import THERAPISTS

pytestmark = pytest.mark.django_db

BODY = {
    "last_name": "Linde",
    "first_name": "Anna",
    "gender": "female",
    "seat": "half",
    "languages": ["de", "tr"],
    "wished_diagnoses": ["f40.1 g"],
    "workplaces": [
        {"practice": {"name": "Am Park", "plz": "04109", "city": "Leipzig", "phone": "0341/1234567"}}
    ],
    "approvals": [{"method": "VT", "age_group": "adults", "setting": "individual"}],
    "phone_hours": [
        {"weekday": 0, "start_minute": 480, "end_minute": 540},
        {"weekday": 0, "start_minute": 540, "end_minute": 600},
    ],
}


def paths(answer) -> list[str]:
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    return [error["path"] for error in answer.json()["errors"]]


def test_therapist_is_created_unreviewed_with_all_around(ask, places):
    answer = ask("post", THERAPISTS, BODY)
    assert answer.status_code == 201
    told = answer.json()
    assert answer["Location"] == f"{THERAPISTS}/{told['id']}"
    assert (told["review_status"], told["contact"]) == ("unreviewed", {"code": "unreviewed", "until": None})
    assert told["phone_hours"] == [{"weekday": 0, "start_minute": 480, "end_minute": 600}]
    assert told["working_hours"] is None
    assert told["wished_diagnoses"] == ["F40.1"]
    assert (told["main_practice"]["phone"], told["main_practice"]["state"]) == ("+493411234567", "SN")
    assert told["approvals"] == [{"method": "VT", "age_group": "adults", "setting": "individual"}]


def test_created_therapist_carries_the_name_of_the_client_in_its_history(ask):
    told = ask("post", THERAPISTS, BODY).json()
    [row] = ask("get", f"{THERAPISTS}/{told['id']}/history").json()["items"]
    assert (row["old"], row["new"], row["actor"]) == ("", "active", "Partner")


def test_the_same_key_creates_one_therapist(ask):
    first, second = (ask("post", THERAPISTS, BODY, **{"Idempotency-Key": "a1"}) for _time in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Therapist.objects.count() == 1


def test_known_practice_is_named_by_its_id(ask):
    practice = PracticeFactory()
    told = ask("post", THERAPISTS, BODY | {"workplaces": [{"practice_id": practice.pk}]}).json()
    assert [place["practice"]["id"] for place in told["workplaces"]] == [practice.pk]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"last_name": "x" * 81}, "last_name"),
        ({"last_name": "Lin\x00de"}, "last_name"),
        ({"seat": "double"}, "seat"),
        ({"surname": "Linde"}, "surname"),
        ({"free_group_from": "9999-12-31"}, "free_group_from"),
        ({"wished_diagnoses": ["nothing"]}, "wished_diagnoses"),
        ({"wished_age_from": 20, "wished_age_to": 10}, "wished_age_to"),
        ({"email_permission_since": "2026-11-01"}, "email_permission_how"),
        ({"approvals": [{"method": "XX", "age_group": "adults", "setting": "group"}]}, "approvals.0.method"),
        ({"phone_hours": [{"weekday": 7, "start_minute": 0, "end_minute": 9}]}, "phone_hours.0.weekday"),
        ({"phone_hours": [{"weekday": 1, "start_minute": 9, "end_minute": 9}]}, "hours"),
        ({"workplaces": []}, "workplaces"),
        ({"workplaces": [{}]}, "workplaces.0"),
        ({"workplaces": [{"practice_id": 7_000_000}]}, "workplaces.0.practice_id"),
        ({"workplaces": [{"practice_id": 10**30}]}, "workplaces.0.practice_id"),
        ({"workplaces": [{"practice": {"plz": "12", "city": "Ulm"}}]}, "workplaces.0.practice.plz"),
    ],
)
def test_wrong_field_is_named(ask, change, path):
    assert paths(ask("post", THERAPISTS, BODY | change)) == [path]
    assert (Therapist.objects.count(), Practice.objects.count()) == (0, 0)


def test_read_tells_the_whole_record(ask):
    therapist = TherapistFactory(languages=["de", "en"], internal_note="Rings back.")
    answer = ask("get", f"{THERAPISTS}/{therapist.pk}")
    told = answer.json()
    assert answer.status_code == 200
    assert (told["internal_note"], told["languages"]) == ("Rings back.", ["de", "en"])
    assert len(told["working_hours"]) == 5
    assert told["contact"]["code"] == "contactable"


@pytest.mark.parametrize(("pk", "status"), [(999_999, 404), (10**30, 422), (-1, 422), ("abc", 422)])
def test_id_that_nobody_has(ask, pk, status):
    assert ask("get", f"{THERAPISTS}/{pk}").status_code == status


def test_put_sets_what_is_not_sent_to_its_default(ask):
    therapist = TherapistFactory(seat="full", title="Dr.")
    answer = ask("put", f"{THERAPISTS}/{therapist.pk}", {"last_name": "Ahorn"})
    told = answer.json()
    assert (answer.status_code, told["last_name"]) == (200, "Ahorn")
    assert (told["seat"], told["title"], told["languages"]) == ("none", "", [])
    assert (told["status"], len(told["approvals"])) == ("active", 1)


def test_put_needs_the_name(ask):
    assert paths(ask("put", f"{THERAPISTS}/{TherapistFactory().pk}", {"seat": "full"})) == ["last_name"]


def test_patch_changes_what_is_sent(ask):
    therapist = TherapistFactory(title="Dr.", seat="full")
    answer = ask("patch", f"{THERAPISTS}/{therapist.pk}", {"seat": "half"})
    told = answer.json()
    assert (told["seat"], told["title"], told["last_name"]) == ("half", "Dr.", therapist.last_name)
    assert answer["ETag"] == ask("get", f"{THERAPISTS}/{therapist.pk}")["ETag"]
    event = DomainEvent.objects.get(type="therapist.changed")
    assert event.payload["changed"] == ["seat"]


def test_patch_does_not_empty_a_name(ask):
    assert paths(ask("patch", f"{THERAPISTS}/{TherapistFactory().pk}", {"last_name": ""})) == ["last_name"]


def test_change_names_the_client_in_the_audit_trail(ask):
    therapist = TherapistFactory()
    ask("patch", f"{THERAPISTS}/{therapist.pk}", {"title": "Prof."})
    [change] = ask("get", f"{THERAPISTS}/{therapist.pk}/changes").json()["changes"]
    assert change["fields"] == ["title"]
    acted = Therapist.objects.get().events.latest("pgh_id").pgh_context.metadata["user"]
    assert change["user_id"] == acted


@pytest.mark.parametrize("method", ["put", "patch"])
def test_change_of_an_older_version_is_412(ask, method):
    path = f"{THERAPISTS}/{TherapistFactory().pk}"
    old = ask("get", path)["ETag"]
    ask("patch", path, {"title": "Dr."})
    answer = ask(method, path, {"last_name": "Ahorn"}, **{"If-Match": old})
    assert (answer.status_code, answer.json()["type"]) == (412, "urn:problem:changed")


def test_change_that_loses_a_race_is_412(ask, monkeypatch):
    """Somebody commits between the look at the ETag and the lock."""
    therapist = TherapistFactory()
    path = f"{THERAPISTS}/{therapist.pk}"
    tag = ask("get", path)["ETag"]
    real = Therapist.objects.get(pk=therapist.pk)

    def looked(_pk: int) -> Therapist:
        Therapist.objects.filter(pk=therapist.pk).update(updated_at=datetime(2030, 1, 1, tzinfo=UTC))
        return real

    monkeypatch.setattr("apps.therapists.api.records.therapist_or_404", looked)
    assert ask("patch", path, {"title": "Dr."}, **{"If-Match": tag}).status_code == 412


def test_change_without_if_match_is_428(partner):
    path = f"{THERAPISTS}/{TherapistFactory().pk}"
    assert partner.patch(path, {"title": "Dr."}, content_type="application/json").status_code == 428


def test_contact_tells_why_not(ask):
    pause = ContactPauseFactory(starts_on="2020-01-01", until="2199-12-01")
    colleague = TherapistFactory(contact_group=pause.therapist.contact_group)
    told = ask("get", f"{THERAPISTS}/{colleague.pk}/contact", **{"Accept-Language": "en"}).json()
    assert (told["code"], told["until"]) == ("paused", "2199-12-01")
    assert (told["may_be_contacted"], told["reason"]) == (False, "contact pause")
    assert told["colleague_ids"] == [pause.therapist.pk]
    assert told["email"] == colleague.practices.get().email


def test_changes_of_status_come_page_by_page(ask):
    path = f"{THERAPISTS}/{TherapistFactory().pk}"
    ask("post", f"{path}/block", {"reason": "Retired?"})
    ask("post", f"{path}/unblock", {})
    first = ask("get", f"{path}/history?sort=-at&limit=1").json()
    second = ask("get", f"{path}/history?sort=-at&limit=1&cursor={first['next']}").json()
    assert [page["items"][0]["new"] for page in (first, second)] == ["active", "blocked"]
    assert second["next"] == ""
