from datetime import date, timedelta

import pytest
from django.utils import timezone

from apps.core.models import DuplicateSuggestion
from apps.patients.models import SECRET_FIELDS, Patient
from tests.factories.patients import InsurerFactory, PatientFactory
from tests.patients.api.asking import URL, accesses, paths, post

pytestmark = pytest.mark.django_db

READ, WRITE, HEALTH = "patients:read", "patients:write", "health:write"
NAMES = {"first_name": "Mara", "last_name": "Klein"}


def ids(answer) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["items"]]


def test_list_shows_patients_without_health_data(calling):
    patient = PatientFactory(last_name="Ahorn", plz="04103")
    row = calling(READ).get(URL).json()["items"][0]
    assert (row["id"], row["case_code"], row["status"], row["plz"]) == (
        patient.pk,
        patient.case_code,
        "open",
        "04103",
    )
    assert not set(SECRET_FIELDS) & set(row)


def test_list_notes_everybody_shown(calling):
    first, second, _third = PatientFactory.create_batch(3)
    calling(READ, name="Telefonanlage").get(f"{URL}?limit=2")
    assert accesses() == [
        (first.pk, "API: list_patients", "Telefonanlage"),
        (second.pk, "API: list_patients", "Telefonanlage"),
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=searching", ["Birke"]),
        ("insurance_kind=pkv", ["Cypresse"]),
        ("plz=10", ["Birke"]),
        ("plz=", ["Ahorn", "Birke", "Cypresse"]),
        ("q=birke", ["Birke"]),
        ("q=Clara+Birke", ["Birke"]),
        ("q=cypresse@example.org", ["Cypresse"]),
        ("q=%25", []),
        ("status=open&plz=04", ["Ahorn", "Cypresse"]),
        ("sort=-last_name", ["Cypresse", "Birke", "Ahorn"]),
        ("sort=-id", ["Cypresse", "Birke", "Ahorn"]),
        ("sort=created_at", ["Ahorn", "Birke", "Cypresse"]),
        ("sort=-updated_at", ["Ahorn", "Cypresse", "Birke"]),
    ],
)
def test_list_filters_and_sorts(calling, query, names):
    first = PatientFactory(last_name="Ahorn", first_name="Clara")
    PatientFactory(last_name="Birke", first_name="Clara", plz="10115", searching=True)
    PatientFactory(last_name="Cypresse", insurance_kind="pkv", email="cypresse@example.org")
    first.save()
    answer = calling(READ).get(f"{URL}?{query}")
    assert [row["last_name"] for row in answer.json()["items"]] == names


@pytest.mark.parametrize("name", ["created_since", "updated_since"])
def test_list_since_a_moment(calling, name):
    _old, new = PatientFactory.create_batch(2)
    at = timezone.now() + timedelta(days=1)
    Patient.objects.filter(pk=new.pk).update(created_at=at, updated_at=at)
    moment = {name: (at - timedelta(hours=1)).isoformat()}
    assert ids(calling(READ).get(URL, moment)) == [new.pk]


@pytest.mark.parametrize("sort", ["id", "-id", "last_name", "-last_name", "-created_at", "updated_at"])
def test_list_pages_hold_everybody_once(calling, sort):
    everybody = {one.pk for one in PatientFactory.create_batch(5, last_name="Ahorn", first_name="Clara")}
    client, cursor, found = calling(READ), "", []
    while True:
        answer = client.get(URL, {"limit": 2, "sort": sort, "cursor": cursor})
        found += ids(answer)
        if not (cursor := answer.json()["next"]):
            break
    assert (len(found), set(found)) == (5, everybody)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("sort=kvnr", 400),
        ("cursor=x", 400),
        ("limit=201", 422),
        ("status=dead", 422),
        ("plz=x", 422),
        ("q=%00", 422),
        ("created_since=2026-11-23", 422),
        ("created_since=0001-01-01T00:00:00Z", 422),
    ],
)
def test_list_refuses_what_it_does_not_know(calling, query, status):
    assert calling(READ).get(f"{URL}?{query}").status_code == status


def test_list_does_not_look_for_a_kvnr(calling):
    PatientFactory(kvnr="A123456780")
    assert paths(calling(READ).get(f"{URL}?q=a+123456780")) == ["q"]


@pytest.mark.parametrize("count", [3, 30])
def test_list_costs_the_same_queries_for_any_number(calling, count, django_assert_num_queries):
    PatientFactory.create_batch(count)
    client = calling(READ)
    client.get(URL)
    with django_assert_num_queries(3):  # token, patients, log of accesses
        assert len(ids(client.get(URL))) == count


def test_create_with_a_name_alone(calling):
    answer = post(calling(WRITE), "", NAMES)
    patient = Patient.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, f"{URL}/{patient.pk}")
    body = answer.json()
    assert (body["id"], body["status"], body["insurance_kind"], body["languages"]) == (
        patient.pk,
        "open",
        "",
        [],
    )
    assert accesses() == [(patient.pk, "API: create_patient", "Website")]


def test_create_acts_under_the_account_of_the_client(calling):
    post(calling(WRITE, name="Partner"), "", NAMES)
    row = Patient.objects.get().history.get()
    assert (row.new, row.actor.display_name) == ("open", "Partner")


def test_create_with_everything_that_may_come_along(calling):
    insurer = InsurerFactory()
    body = {
        **NAMES,
        "insurer_id": insurer.pk,
        "insurance_kind": "gkv",
        "phone": "0341 / 123 45-67",
        "wished_methods": ["TP", "VT"],
        "availability": [
            {"weekday": 0, "start_minute": 480, "end_minute": 600},
            {"weekday": 0, "start_minute": 600, "end_minute": 720},
        ],
        "consents": {
            "proof": "contract, page 3",
            "given": [
                {"purpose": "email", "given_on": "2026-10-01"},
                {"purpose": "health_data", "given_on": "2026-10-02"},
            ],
        },
        "health": {"diagnosis": "f32.1 G", "symptoms": ["anxiety"], "kvnr": "a123456780"},
    }
    answer = post(calling(WRITE, HEALTH), "", body)
    patient = Patient.objects.get()
    assert (patient.insurer, patient.phone, patient.wished_methods) == (
        insurer,
        "+493411234567",
        ["VT", "TP"],
    )
    assert (patient.diagnosis, patient.symptoms, patient.kvnr) == ("F32.1", ["anxiety"], "A123456780")
    assert [row.interval for row in patient.availability.all()] == [(0, 480, 720)]
    assert [(row.purpose, row.given_on, row.proof) for row in patient.consents.all()] == [
        ("email", date(2026, 10, 1), "contract, page 3"),
        ("health_data", date(2026, 10, 2), "contract, page 3"),
    ]
    assert not set(SECRET_FIELDS) & set(answer.json())


def test_create_with_health_data_needs_their_scope(calling):
    answer = post(calling(WRITE), "", {**NAMES, "health": {"diagnosis": "F32.1"}})
    assert answer.status_code == 403
    assert "health:write" in answer.json()["detail"]
    assert Patient.objects.count() == 0


DAY = {"purpose": "email", "given_on": "2026-10-01"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"first_name": ""}, ["first_name"]),
        ({"first_name": " "}, ["first_name"]),
        ({"first_name": "x\x00"}, ["first_name"]),
        ({"first_name": "x" * 81}, ["first_name"]),
        ({"status": "searching"}, ["status"]),
        ({"diagnosis": "F32.1"}, ["diagnosis"]),
        ({"plz": "4103", "phone": "call me"}, ["plz", "phone"]),
        ({"insurer_id": 999_999}, ["insurer_id"]),
        ({"insurer_id": 10**30}, ["insurer_id"]),
        ({"birth_date": "2199-01-01"}, ["birth_date"]),
        ({"birth_date": "0001-01-01"}, ["birth_date"]),
        ({"languages": ["de", "xx"]}, ["languages.1"]),
        ({"max_distance_km": 40_000}, ["max_distance_km"]),
        ({"email": "nobody"}, ["email"]),
        ({"health": {"diagnosis": "Depression", "kvnr": "A1"}}, ["health.diagnosis", "health.kvnr"]),
        ({"health": {"symptoms": ["made_up"]}}, ["health.symptoms"]),
        ({"consents": {"proof": " ", "given": [DAY]}}, ["consents.proof"]),
        ({"consents": {"proof": "mail", "given": [DAY, DAY]}}, ["consents.given"]),
        (
            {"consents": {"proof": "mail", "given": [{**DAY, "given_on": "2199-01-01"}]}},
            ["consents.given"],
        ),
        ({"availability": [{"weekday": 0, "start_minute": 60, "end_minute": 60}]}, ["availability.0"]),
        ({"not_same_as": [1]}, [""]),
        ({"not_same_as": [999_999], "not_same_reason": "twins"}, ["not_same_as"]),
    ],
)
def test_create_names_the_wrong_field_where_it_was_written(calling, change, wrong):
    assert paths(post(calling(WRITE, HEALTH), "", {**NAMES, **change})) == wrong
    assert Patient.objects.count() == 0


def test_create_told_apart_is_not_suggested_again(calling):
    other = PatientFactory(**NAMES)
    body = {**NAMES, "not_same_as": [other.pk], "not_same_reason": "twins"}
    assert post(calling(WRITE), "", body).status_code == 201
    assert DuplicateSuggestion.objects.get().status == "dismissed"


def test_create_repeated_with_its_key_has_one_effect(calling):
    client = calling(WRITE)
    first, second = (post(client, "", NAMES, **{"Idempotency-Key": "k1"}) for _time in range(2))
    assert (first.content, first["ETag"]) == (second.content, second["ETag"])
    assert second["Idempotent-Replay"] == "true"
    assert Patient.objects.count() == 1
