import json
from typing import Any

import pytest
import time_machine
from django.test import Client

from apps.core.models import AccessEntry
from apps.intake.models import Registration
from apps.patients.models import Insurer, Patient
from tests.intake.samples import AT, form, received
from tests.intake.services.test_review import accepted

pytestmark = pytest.mark.django_db

URL = "/api/v1/registrations"


@pytest.fixture
def website(calling: Any, insurer: Insurer) -> Client:
    return calling("registrations:write")


@pytest.fixture
def reader(calling: Any) -> Client:
    return calling("registrations:read", name="Reader")


def hand_in(client: Client, data: Any, **headers: str) -> Any:
    return client.post(URL, json.dumps(data), content_type="application/json", headers=headers)


def test_registration_is_handed_in_and_staged(website: Client) -> None:
    with time_machine.travel(AT, tick=False):
        answer = hand_in(website, form())
    registration = Registration.objects.get()
    assert answer.status_code == 202
    assert answer["Location"] == f"{URL}/{registration.pk}"
    assert answer.json() == {
        "id": registration.pk,
        "external_reference": "web-4711",
        "status": "waiting_for_confirmation",
        "received_at": "2026-11-23T08:00:00Z",
        "is_email_confirmed": False,
        "problems": [],
        "patient_id": None,
    }
    assert registration.client.name == "Website"
    assert registration.history.get().actor.first_name == "Website"
    assert Patient.objects.count() == 0


def test_same_registration_again_is_the_same(website: Client) -> None:
    answers = [hand_in(website, form()).json()["id"] for _time in range(2)]
    assert answers == [Registration.objects.get().pk] * 2
    other = hand_in(website, form(patient__city="Halle"))
    assert (other.status_code, other.json()["type"]) == (409, "urn:problem:refused")


def test_idempotency_key_gives_the_same_answer(website: Client) -> None:
    first, second = (hand_in(website, form(), **{"Idempotency-Key": "k1"}) for _time in range(2))
    assert first.json() == second.json()
    assert second["Idempotent-Replay"] == "true"


def test_all_wrong_fields_are_told_at_once(website: Client) -> None:
    data = form(patient__first_name=" ", patient__birth_date="1991-02-30", wishes__group_wish="maybe")
    data["availability"][1] = {"weekday": 7, "start_minute": 5, "end_minute": 4}
    data["consents"][2] |= {"given_at": "2026-11-22T20:15:00", "proof": ""}
    data["consents"][3]["purpose"] = "newsletter"
    data["surprise"] = 1
    answer = hand_in(website, data)
    assert answer.status_code == 422
    assert {one["path"] for one in answer.json()["errors"]} == {
        "patient.first_name",
        "patient.birth_date",
        "wishes.group_wish",
        "availability.1.weekday",
        "consents.2.given_at",
        "consents.2.proof",
        "consents.3.purpose",
        "surprise",
    }
    assert Registration.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"patient__last_name": "A\x00B"}, "patient.last_name"),
        ({"health__complaints": "\x00"}, "health.complaints"),
        ({"patient__birth_date": "0001-01-01"}, "patient.birth_date"),
        ({"wishes__max_distance_km": 10**30}, "wishes.max_distance_km"),
        ({"external_reference": ""}, "external_reference"),
    ],
)
def test_what_no_table_can_hold_is_refused(website: Client, change: Any, path: str) -> None:
    answer = hand_in(website, form(**change))
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


def test_consent_of_the_future_is_refused(website: Client) -> None:
    data = form()
    data["consents"][0]["given_at"] = "2199-01-01T00:00:00+01:00"
    answer = hand_in(website, data)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "consents.0.given_at")


@pytest.mark.parametrize(
    "words", [{"wording_sha256": ""}, {"wording_text": "Ich stimme zu."}, {"wording_sha256": "zz"}]
)
def test_words_of_a_consent_must_be_pinned(website: Client, words: dict[str, str]) -> None:
    data = form()
    data["consents"][0] |= words
    assert hand_in(website, data).status_code == 422


def test_two_consents_for_one_purpose_are_refused(website: Client) -> None:
    data = form()
    data["consents"][1]["purpose"] = "health_data"
    answer = hand_in(website, data)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "consents")


def test_problems_name_fields_and_no_values(website: Client) -> None:
    answer = hand_in(website, form(patient__phone="0815-x", patient__insurer="Nirgends"))
    assert answer.json()["problems"] == [
        {"code": "unusable", "path": "patient.phone"},
        {"code": "unknown_insurer", "path": "patient.insurer"},
    ]
    for word in ("0815", "Nirgends", "Mira"):
        assert word not in answer.content.decode()


def test_reader_learns_what_has_become_of_it(insurer: Insurer, reader: Client) -> None:
    registration = received()
    patient = accepted(registration)
    answer = reader.get(f"{URL}/{registration.pk}")
    assert (answer.json()["status"], answer.json()["patient_id"]) == ("accepted", patient.pk)
    for word in ("Mira", "Sample", "F32", "example.org"):
        assert word not in answer.content.decode()
    entry = AccessEntry.objects.get(patient_id=patient.pk)
    assert (entry.actor.first_name, entry.purpose) == ("Reader", "API: read_registration")


@pytest.mark.parametrize("pk", ["0", "999999", str(10**30), "x"])
def test_unknown_registration_is_not_found(reader: Client, pk: str) -> None:
    assert reader.get(f"{URL}/{pk}").status_code in (404, 422)


def test_list_filters_and_pages(insurer: Insurer, reader: Client) -> None:
    rows = [received(external_reference=f"web-{number}") for number in range(5)]
    patient = accepted(rows[4])
    ids = [row.pk for row in rows]

    def listed(**query: Any) -> list[int]:
        return [one["id"] for one in reader.get(URL, query).json()["items"]]

    assert listed() == ids
    assert listed(sort="-received_at") == ids[::-1]
    assert listed(status="open") == ids[:4]
    assert listed(status="accepted") == [ids[4]]
    assert listed(since="2026-11-23T09:00:01+01:00") == []
    first = reader.get(URL, {"limit": 2}).json()
    assert [one["id"] for one in first["items"]] == ids[:2]
    assert listed(limit=2, cursor=first["next"]) == ids[2:4]
    seen = AccessEntry.objects.filter(purpose="API: list_registrations", patient_id=patient.pk)
    assert seen.count() == 3


@pytest.mark.parametrize("query", [{"status": "x"}, {"since": "2026-11-23T09:00:00"}])
def test_query_that_makes_no_sense_is_refused(reader: Client, query: dict[str, str]) -> None:
    assert reader.get(URL, query).status_code == 422


@pytest.mark.parametrize("count", [3, 30])
def test_list_costs_the_same_for_many_rows(
    insurer: Insurer, reader: Client, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        received(external_reference=f"web-{number}", patient__email="")
    reader.get(URL)
    with django_assert_num_queries(2):
        assert len(reader.get(URL).json()["items"]) == count
