"""The committed catalogue: up to date, and what it promises only grows."""

import json
from copy import deepcopy
from typing import Any

import pytest

from apps.events import documents
from apps.events.documents import breaks, document

Document = dict[str, Any]


@pytest.fixture
def old() -> Document:
    return deepcopy(document())


@pytest.fixture
def new() -> Document:
    return deepcopy(document())


def test_committed_promises_are_kept() -> None:
    committed = json.loads(documents.json_path().read_text(encoding="utf-8"))
    assert breaks(committed, document()) == []


def test_committed_files_are_up_to_date() -> None:
    for path, text in documents.files().items():
        assert path.read_text(encoding="utf-8") == text, "run manage.py event_catalogue --write"


def test_every_producer_has_its_types() -> None:
    producers = {row.producer for row in documents.product_types()}
    assert producers == {"communication", "geocoding", "matching", "patients", "scraping", "therapists"}
    text = documents.as_markdown()
    for row in documents.product_types():
        assert f"### {row.name}\n\n{row.description}. Version {row.version}; subject: {row.subject}." in text


def test_type_and_key_may_come(old: Document, new: Document) -> None:
    del old["types"]["patient.created"]
    payload = new["types"]["patient.moved"]["payload"]
    payload["properties"]["reason"] = {"type": "string", "description": ""}
    new["types"]["search.placed"]["payload"]["properties"]["from"]["enum"].append("elsewhere")
    assert breaks(old, new) == []


def test_type_may_not_vanish(old: Document, new: Document) -> None:
    del new["types"]["patient.moved"]
    assert breaks(old, new) == ["patient.moved has vanished"]


def test_producer_stays_and_versions_grow(old: Document, new: Document) -> None:
    new["types"]["patient.moved"]["producer"] = "therapists"
    old["types"]["patient.created"]["version"] = 2
    assert breaks(old, new) == [
        "patient.created: version went back from 2",
        "patient.moved: producer is no longer patients",
    ]


@pytest.mark.parametrize("version", [1, 2])
def test_key_may_neither_vanish_nor_change_its_type(version: int, old: Document, new: Document) -> None:
    moved, merged = new["types"]["patient.moved"], new["types"]["patient.merged"]
    moved["version"] = merged["version"] = version
    del moved["payload"]["properties"]["changed"]
    moved["payload"]["required"] = []
    merged["payload"]["properties"]["from"]["type"] = "integer"
    merged["payload"]["required"] = ["from"]
    assert breaks(old, new) == [
        "patient.merged: key from is no longer string",
        "patient.merged: key to is no longer always there",
        "patient.moved: key changed has vanished",
    ]


def test_items_of_a_list_keep_their_type(old: Document, new: Document) -> None:
    new["types"]["patient.moved"]["payload"]["properties"]["changed"]["items"]["type"] = "integer"
    assert breaks(old, new) == ["patient.moved: key changed is no longer array"]


@pytest.mark.parametrize(
    ("version", "found"), [(1, ["patient.moved: key by became required without a new version"]), (2, [])]
)
def test_required_key_needs_a_new_version(
    version: int, found: list[str], old: Document, new: Document
) -> None:
    moved = new["types"]["patient.moved"]
    moved["version"] = version
    moved["payload"]["properties"]["by"] = {"type": "integer", "description": ""}
    moved["payload"]["required"].append("by")
    assert breaks(old, new) == found


def test_envelope_keeps_its_keys(old: Document, new: Document) -> None:
    del new["envelope"]["properties"]["event_id"]
    assert breaks(old, new) == ["envelope: key event_id has vanished"]
