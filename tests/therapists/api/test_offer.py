import pytest

from apps.therapists.models import Practice, Therapist
from tests.factories.therapists import PracticeFactory, TherapistFactory
from tests.therapists.api.conftest import THERAPISTS

pytestmark = pytest.mark.django_db

APPROVAL = {"method": "TP", "age_group": "minors", "setting": "group"}
MORNING = {"weekday": 1, "start_minute": 480, "end_minute": 720}
BODIES = {
    "approvals": {"approvals": [APPROVAL]},
    "phone-hours": {"hours": [MORNING]},
    "working-hours": {"hours": [MORNING]},
    "workplaces": {"workplaces": [{"practice": {"plz": "04103", "city": "Leipzig", "name": "Am Park"}}]},
}
each = pytest.mark.parametrize("what", BODIES)


def replace(ask, therapist: Therapist, what: str, body: object, **headers: str):
    path = f"{THERAPISTS}/{therapist.pk}/{what}"
    return ask("put", path, body, **headers)


def test_approvals_are_replaced(ask):
    answer = replace(ask, TherapistFactory(), "approvals", BODIES["approvals"])
    assert (answer.status_code, answer.json()) == (200, {"approvals": [APPROVAL]})


def test_phone_hours_are_replaced_and_joined(ask):
    touching = {"weekday": 1, "start_minute": 720, "end_minute": 730}
    answer = replace(ask, TherapistFactory(), "phone-hours", {"hours": [touching, MORNING]})
    whole = {"weekday": 1, "start_minute": 480, "end_minute": 730}
    assert answer.json() == {"hours": [whole], "is_doubtful": False}


def test_few_phone_hours_are_doubtful(ask):
    short = {"weekday": 1, "start_minute": 480, "end_minute": 500}
    assert replace(ask, TherapistFactory(), "phone-hours", {"hours": [short]}).json()["is_doubtful"] is True


def test_working_hours_become_unknown(ask):
    therapist = TherapistFactory()
    assert replace(ask, therapist, "working-hours", {"hours": None}).json() == {"hours": None}
    assert replace(ask, therapist, "working-hours", {"hours": []}).json() == {"hours": []}


def test_first_workplace_is_the_main_one(ask):
    therapist, other = TherapistFactory(), PracticeFactory()
    body = {"workplaces": [{"practice_id": other.pk}, *BODIES["workplaces"]["workplaces"]]}
    answer = replace(ask, therapist, "workplaces", body)
    told = [(place["is_main"], place["practice"]["id"]) for place in answer.json()["workplaces"]]
    assert told == [(True, other.pk), (False, Practice.objects.get(name="Am Park").pk)]


def test_workplace_that_nobody_knows_is_named(ask):
    answer = replace(ask, TherapistFactory(), "workplaces", {"workplaces": [{"practice_id": 999_999}]})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "workplaces.0.practice_id")


@each
def test_replacing_shares_the_etag_of_the_therapist(ask, what):
    therapist = TherapistFactory()
    path = f"{THERAPISTS}/{therapist.pk}"
    before = ask("get", path)["ETag"]
    answer = replace(ask, therapist, what, BODIES[what])
    assert answer["ETag"] == ask("get", path)["ETag"] != before
    assert ask("get", f"{path}/{what}").json() == answer.json()


@each
def test_replacing_by_the_same_changes_no_version(ask, what):
    therapist = TherapistFactory()
    first = replace(ask, therapist, what, BODIES[what])
    assert replace(ask, therapist, what, BODIES[what])["ETag"] == first["ETag"]


@each
def test_replacing_an_older_version_is_412(ask, what):
    therapist = TherapistFactory()
    old = ask("get", f"{THERAPISTS}/{therapist.pk}")["ETag"]
    ask("patch", f"{THERAPISTS}/{therapist.pk}", {"title": "Dr."})
    before = ask("get", f"{THERAPISTS}/{therapist.pk}").json()
    assert replace(ask, therapist, what, BODIES[what], **{"If-Match": old}).status_code == 412
    assert ask("get", f"{THERAPISTS}/{therapist.pk}").json() == before


@each
def test_replacing_without_if_match_is_428(partner, what):
    path = f"{THERAPISTS}/{TherapistFactory().pk}/{what}"
    assert partner.put(path, BODIES[what], content_type="application/json").status_code == 428


@each
def test_replacing_names_the_client_in_the_audit_trail(ask, what):
    therapist = TherapistFactory()
    replace(ask, therapist, what, BODIES[what])
    assert therapist.events.latest("pgh_id").pgh_context.metadata["user"]
