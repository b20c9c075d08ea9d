"""Answers of registers in JSON: typed entries, one per address; what is wrong is told in a sentence."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apps.scraping.adapters import ADAPTERS
from apps.scraping.records import DirectoryEntry, Rejected

DATA = Path(__file__).parents[1] / "data"
FETCHED_ON = date(2026, 11, 22)
NEWER = json.loads((DATA / "arztsuche_newer.json").read_text())["arztPraxisDatas"][0]
KV_PERSON: dict[str, Any] = {
    "id": 4711,
    "vortitel": "Dr. phil.",
    "vorname": "Mira",
    "nachname": "Beispielhuber",
    "geschlect": "w",
    "phone": [{"telefonvorwahl": "0211", "telefonnummer": "123456"}],
    "email": [{"emailAddress": "mira@praxis.example"}],
    "homePage": [{"webSite": "www.praxis.example"}],
    "strasse": "Musterweg",
    "hausnummer": "4a",
    "plz": "40210",
    "ort": "Düsseldorf",
    "place": {"longitute": 6.78, "latitude": 51.22},
    "isPrivatarzt": False,
    "bereiche": [
        "Psychologische Psychotherapeutin",
        "Verhaltenstherapie bei Erwachsenen als Einzelbehandlung",
        "Tiefenpsychologisch fundierte Psychotherapie bei Kindern und Jugendlichen als Gruppenbehandlung",
    ],
}


def parse(key: str, payload: Any, **options: Any) -> list[DirectoryEntry | Rejected]:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return list(ADAPTERS[key].parse(content, fetched_on=FETCHED_ON, **options))


def arztsuche(*entries: Any, **options: Any) -> list[DirectoryEntry | Rejected]:
    return parse("arztsuche", {"arztPraxisDatas": list(entries)}, **options)


def one(results: list[DirectoryEntry | Rejected]) -> DirectoryEntry:
    [entry] = results
    assert isinstance(entry, DirectoryEntry)
    return entry


def reasons(results: list[DirectoryEntry | Rejected]) -> list[str]:
    return [result.reason for result in results if isinstance(result, Rejected)]


def test_newer_shape() -> None:
    entry = one(arztsuche(NEWER))
    assert {key: value for key, value in asdict(entry).items() if value and key != "payload"} == {
        "external_id": "900001",
        "salutation": "ms",
        "gender": "female",
        "title": "Dr. phil.",
        "first_name": "Mira",
        "last_name": "Beispielhuber",
        "street": "Musterweg 4a",
        "plz": "04103",
        "city": "Leipzig",
        "phone": "+493410000000",
        "latitude": 51.3406,
        "longitude": 12.3875,
        "seat": "full",
        "languages": ("de", "en"),
        "further_qualifications": "Psychologische Psychotherapeutin",
        "approvals": (("VT", "adults", "individual"),),
        "phone_hours": ((0, 720, 770),),
    }
    assert entry.payload == NEWER


def test_older_shape() -> None:
    content = (DATA / "arztsuche_older.json").read_bytes()
    entry = one(parse("arztsuche", content))
    assert (entry.external_id, entry.title, entry.first_name, entry.last_name) == (
        "900002",
        "Dipl.-Psych.",
        "Jonas",
        "Probe",
    )
    assert (entry.approvals, entry.phone_hours) == ((("TP", "adults", "individual"),), ((0, 540, 590),))
    assert entry.doubts == ("Weekday and date do not agree: “Mo. 22.12.”.",)


def test_shapes_are_told_apart_entry_by_entry() -> None:
    older = {"id": "2", "name": "Dipl.-Psych. Jonas Probe", "plz": "04109", "ort": "Leipzig"}
    entries = [one(arztsuche(entry)) for entry in (NEWER, older)]
    names = [(entry.first_name, entry.last_name) for entry in entries]
    assert names == [("Mira", "Beispielhuber"), ("Jonas", "Probe")]


def test_one_entry_per_address_and_the_same_address_only_once() -> None:
    elsewhere = NEWER | {"strasse": "Parkring", "hausnummer": "1"}
    results = arztsuche(NEWER, elsewhere, NEWER)
    entries = [entry for entry in results if isinstance(entry, DirectoryEntry)]
    assert [(entry.external_id, entry.street) for entry in entries] == [
        ("900001", "Musterweg 4a"),
        ("900001", "Parkring 1"),
    ]
    assert reasons(results) == ["This entry came before, with the same address."]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"arzt": False}, "The entry is an institution, not a person."),
        ({"name": "MVZ am Park", "vorname": ""}, "“MVZ am Park” is the name of a practice, not of a person."),
        ({"name": "", "vorname": ""}, "There is no name: “”."),
        ({"vorname": "Anna und Jan"}, "“Anna und Jan” names several people; each needs an entry."),
        ({"titel": "Heilpraktikerin"}, "A Heilpraktiker has no licence as a psychotherapist."),
    ],
)
def test_who_is_no_single_therapist_is_rejected(change: dict[str, Any], reason: str) -> None:
    [rejected] = arztsuche(NEWER | change, where="seite.json")
    assert isinstance(rejected, Rejected)
    assert (rejected.where, rejected.reason) == ("seite.json, entry 1 (900001)", reason)
    assert rejected.payload == NEWER | change


@pytest.mark.parametrize(
    ("change", "fields", "doubts"),
    [
        ({"anrede": "Herr"}, {"salutation": "none", "gender": "unknown"}, 1),
        ({"anrede": "Familie"}, {"salutation": "none", "gender": "female"}, 1),
        ({"tel": "0341 1234567 oder 0170 1234567"}, {"phone": "+493411234567"}, 1),
        ({"tel": "", "handy": "0170/1234567"}, {"phone": "+491701234567"}, 0),
        ({"plz": 4103}, {"plz": ""}, 1),
        ({"lat": 12.3875, "lon": 51.3406}, {"latitude": None, "longitude": None}, 1),
        ({"lat": 0, "lon": 0}, {"latitude": None, "longitude": None}, 0),
        ({"email": "mira(at)praxis.example"}, {"email": "mira@praxis.example"}, 0),
        ({"web": "javascript:alert(1)"}, {"website": ""}, 1),
        ({"fg": [{"value": "Ärztin"}]}, {"further_qualifications": "Ärztin"}, 0),
        ({"bf": ["halber Versorgungsauftrag"]}, {"seat": "half"}, 0),
        ({"privat": True}, {"seat": "none"}, 0),
        ({"psy": ["Verhaltenstherapie"]}, {"approvals": ()}, 1),
        ({"fs": ["Isländisch"]}, {"languages": ()}, 1),
        ({"fs": []}, {"languages": ()}, 0),
        ({"ort": "L" * 81}, {"city": ""}, 1),
        ({"name": "Beispiel\u0000huber"}, {"last_name": "Beispielhuber"}, 0),
        (
            {"name": "Heide", "vorname": "Mira von der"},
            {"first_name": "Mira", "last_name": "von der Heide"},
            0,
        ),
        ({"name": "Mira Beispielhuber"}, {"first_name": "Mira", "last_name": "Beispielhuber"}, 0),
    ],
)
def test_fields_are_normalised(change: dict[str, Any], fields: dict[str, Any], doubts: int) -> None:
    entry = one(arztsuche(NEWER | change))
    assert {key: getattr(entry, key) for key in fields} == fields
    assert len(entry.doubts) == doubts


def test_payload_can_be_stored() -> None:
    nested: Any = "deep"
    for _level in range(200):
        nested = [nested]
    entry = one(arztsuche(NEWER | {"note": "a\u0000b\ud800", "nested": nested, "number": 10**30}))
    json.dumps(entry.payload).encode()
    assert entry.payload["note"] == "ab"
    assert entry.payload["number"] == str(10**30)


def test_cut_results_are_told() -> None:
    adapter = ADAPTERS["arztsuche"]
    answers = [
        b'{"moreResults": true, "arztPraxisDatas": []}',
        b'{"moreResults": false}',
        b"[]",
        b"",
        b"<html>",
    ]
    assert [adapter.is_cut(content) for content in answers] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "The answer is empty: this is how the register turns plain programs away."),
        (b"<html></html>", "This is a web page, not data. Saved pages are read as “saved page”."),
        (b'{"arztPraxisDatas": [', "The JSON is not well-formed (line 1)."),
        (b"[]", "The answer has another form: “arztPraxisDatas” is missing."),
        (b'{"results": []}', "The answer has another form: “arztPraxisDatas” is missing. It has: results."),
        (b'{"arztPraxisDatas": {}}', "The answer has another form: “arztPraxisDatas” is no list."),
        (
            b'{"arztPraxisDatas": [{"fullName": "Mira"}, {"fullName": "Jonas"}]}',
            "The answer has another form: none of the 2 entries has “name”.",
        ),
        (b'{"arztPraxisDatas": []}', ""),
        (b'{"arztPraxisDatas": [{"name": 1}, 2]}', ""),
    ],
)
def test_unknown_shape_is_one_rejection_for_the_whole(content: bytes, problem: str) -> None:
    assert ADAPTERS["arztsuche"].shape_problem(content) == problem
    if problem:
        assert parse("arztsuche", content, where="seite.json") == [Rejected("seite.json", problem)]


def test_one_bad_entry_does_not_spoil_the_others() -> None:
    results = arztsuche(["a", "list"], NEWER, None)
    assert [type(result) for result in results] == [Rejected, DirectoryEntry, Rejected]
    assert reasons(results) == ["This is no object with headings and values."] * 2


def test_kv_nordrhein() -> None:
    entry = one(parse("kv_nordrhein", {"personList": [KV_PERSON]}))
    assert {key: value for key, value in asdict(entry).items() if value and key != "payload"} == {
        "external_id": "4711",
        "salutation": "none",
        "gender": "female",
        "title": "Dr. phil.",
        "first_name": "Mira",
        "last_name": "Beispielhuber",
        "street": "Musterweg 4a",
        "plz": "40210",
        "city": "Düsseldorf",
        "phone": "+49211123456",
        "email": "mira@praxis.example",
        "website": "https://www.praxis.example",
        "latitude": 51.22,
        "longitude": 6.78,
        "seat": "full",
        "further_qualifications": "Psychologische Psychotherapeutin",
        "approvals": (("TP", "minors", "group"), ("VT", "adults", "individual")),
    }


@pytest.mark.parametrize(
    ("change", "fields", "doubts"),
    [
        ({"isPrivatarzt": True}, {"seat": "none"}, 0),
        ({"zwischentitel": "Freiherr von"}, {"last_name": "Freiherr von Beispielhuber"}, 0),
        ({"zwischentitel": "irgendwas"}, {"last_name": "Beispielhuber"}, 1),
        ({"geschlect": 1}, {"gender": "unknown"}, 1),
        ({"phone": ["0211/123456"]}, {"phone": "+49211123456"}, 0),
        ({"phone": [{"telefonvorwahl": "211", "telefonnummer": "12 34 56"}]}, {"phone": "+49211123456"}, 0),
        ({"phone": None, "email": "x", "place": []}, {"phone": "", "email": "", "latitude": None}, 1),
        (
            {"bereiche": ["Verhaltenstherapie für Erwachsene"]},
            {"approvals": (), "further_qualifications": "Verhaltenstherapie für Erwachsene"},
            1,
        ),
        ({"bereiche": "Psychotherapie"}, {"further_qualifications": "Psychotherapie"}, 0),
    ],
)
def test_kv_nordrhein_fields(change: dict[str, Any], fields: dict[str, Any], doubts: int) -> None:
    entry = one(parse("kv_nordrhein", {"personList": [KV_PERSON | change]}))
    assert ({key: getattr(entry, key) for key in fields}, len(entry.doubts)) == (fields, doubts)


def test_own_form() -> None:
    record = {
        "external_id": "A-1",
        "last_name": "Beispielhuber",
        "first_name": "Mira",
        "plz": "04103",
        "approvals": [["VT", "adults", "individual"], "TP Kinder Gruppe"],
        "languages": ["de", "Türkisch"],
        "phone_hours": ["Mo 12:00-12:50", "Do 9-10"],
        "seat": "half",
        "latitude": 51.34,
        "longitude": 12.38,
    }
    entry = one(parse("own_json", [record]))
    assert (entry.approvals, entry.languages, entry.phone_hours, entry.seat, entry.doubts) == (
        (("TP", "minors", "group"), ("VT", "adults", "individual")),
        ("de", "tr"),
        ((0, 720, 770), (3, 540, 600)),
        "half",
        (),
    )
    assert (entry.latitude, entry.longitude) == (51.34, 12.38)


def test_own_form_names_what_it_does_not_read() -> None:
    entry = one(
        parse("own_json", [{"last_name": "Beispielhuber", "first_name": "Mira", "age": 3, "city": {}}])
    )
    assert entry.doubts == ("Not read: age.",)
    entry = one(parse("own_json", [{"last_name": "Beispielhuber", "first_name": "Mira", "city": {"a": 1}}]))
    assert entry.doubts == ("Not read: city.",)


def test_own_form_must_be_a_list() -> None:
    assert reasons(parse("own_json", {"a": 1})) == ["A JSON file must be a list of objects, one per person."]
