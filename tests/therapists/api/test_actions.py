import pytest

from apps.therapists.models import ContactPause, Therapist, TherapistHistory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory
from tests.therapists.api.conftest import THERAPISTS

pytestmark = pytest.mark.django_db

ACTS = [
    ("verify", None, {"review_status": "unreviewed", "reviewed_at": None}, ("review_status", "verified")),
    ("unverify", {"reason": "Old."}, {}, ("review_status", "unreviewed")),
    ("block", {"reason": "Ill.", "until": "2199-01-01"}, {}, ("blocked_until", "2199-01-01")),
    (
        "unblock",
        {},
        {"status": "blocked", "blocked_reason": "x", "blocked_since": "2026-11-01"},
        ("status", "active"),
    ),
    ("deactivate", {"reason": "Retired."}, {}, ("status", "inactive")),
    ("reactivate", {}, {"status": "inactive"}, ("status", "active")),
    ("objection", {"on": "2026-11-20", "reason": "By e-mail."}, {}, ("do_not_contact_since", "2026-11-20")),
]
each = pytest.mark.parametrize(("act", "body", "fields", "told"), ACTS, ids=[one[0] for one in ACTS])


@each
def test_act_answers_with_the_record(ask, act, body, fields, told):
    therapist = TherapistFactory(**fields)
    answer = ask("post", f"{THERAPISTS}/{therapist.pk}/{act}", body)
    assert answer.status_code == 200, answer.content
    assert answer.json()[told[0]] == told[1]
    assert answer["ETag"] == ask("get", f"{THERAPISTS}/{therapist.pk}")["ETag"]
    row = TherapistHistory.objects.get()
    assert row.actor.display_name == "Partner"
    assert row.reason == (body or {}).get("reason", "")


@each
def test_act_that_was_done_already_is_409(ask, act, body, fields, told):
    path = f"{THERAPISTS}/{TherapistFactory(**fields).pk}/{act}"
    ask("post", path, body)
    again = ask("post", path, body)
    if act == "objection":  # final, and the same said twice
        assert (again.status_code, TherapistHistory.objects.count()) == (200, 1)
    else:
        assert (again.status_code, again.json()["type"]) == (409, "urn:problem:stale")


@pytest.mark.parametrize(
    ("act", "body", "path"),
    [
        ("block", {"reason": ""}, "reason"),
        ("block", {"reason": " "}, "reason"),
        ("block", {"reason": "Ill.", "until": "2020-01-01"}, "until"),
        ("objection", {"reason": "By e-mail."}, "on"),
        ("pauses", {"starts_on": "2026-11-23", "until": "2026-11-22"}, "until"),
        ("pauses", {"starts_on": "2026-11-23", "until": "2026-11-24", "reason": "bored"}, "reason"),
    ],
)
def test_wrong_field_is_named(ask, act, body, path):
    therapist = TherapistFactory()
    answer = ask("post", f"{THERAPISTS}/{therapist.pk}/{act}", body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


def test_pause_begins_and_is_lifted(ask):
    path = f"{THERAPISTS}/{TherapistFactory().pk}"
    body = {"starts_on": "2020-01-01", "until": "2199-01-01", "reason": "holiday", "note": "Elba"}
    begun = ask("post", f"{path}/pauses", body)
    assert begun.status_code == 201
    assert begun.json() | body == begun.json()
    assert ask("get", path).json()["contact"] == {"code": "paused", "until": "2199-01-01"}
    lifted = ask("post", f"{path}/pauses/{begun.json()['id']}/lift")
    assert lifted.json()["lifted_at"] is not None
    assert ask("get", path).json()["contact"]["code"] == "contactable"
    assert ask("post", f"{path}/pauses/{begun.json()['id']}/lift").status_code == 409


def test_the_same_key_begins_one_pause(ask):
    path = f"{THERAPISTS}/{TherapistFactory().pk}/pauses"
    body = {"starts_on": "2020-01-01", "until": "2199-01-01"}
    first, second = (ask("post", path, body, **{"Idempotency-Key": "p"}).json() for _time in range(2))
    assert first == second
    assert ContactPause.objects.count() == 1


def test_pauses_of_colleagues_are_listed_but_lifted_there(ask):
    pause = ContactPauseFactory()
    colleague = TherapistFactory(contact_group=pause.therapist.contact_group)
    path = f"{THERAPISTS}/{colleague.pk}/pauses"
    [row] = ask("get", f"{path}?sort=-until").json()["items"]
    assert (row["id"], row["therapist_id"]) == (pause.pk, pause.therapist_id)
    assert ask("post", f"{path}/{pause.pk}/lift").status_code == 404


def test_deactivation_keeps_the_record(ask):
    therapist = TherapistFactory()
    ask("post", f"{THERAPISTS}/{therapist.pk}/deactivate", {})
    assert Therapist.objects.get().last_name == therapist.last_name
    assert ask("delete", f"{THERAPISTS}/{therapist.pk}").status_code == 405
