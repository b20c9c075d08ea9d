"""The register's two shapes become rows of an import; what cannot be filed is told, nothing raises."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.imports.reading import Flat
from apps.scraping.adapters import register_shape

FETCHED_ON = date(2026, 11, 22)


def flatten(**entry: Any) -> Flat:
    return register_shape(fetched_on=FETCHED_ON).flatten(entry)


def newer_day(day: str, *slots: str, typ: str = "07") -> dict[str, Any]:
    return {"d": day, "typTsz": [{"typ": typ, "sprechzeiten": [{"z": slot} for slot in slots]}]}


def older_day(day: str, slot: str, weekday: str = "") -> dict[str, Any]:
    kinds = [{"typ": "Telefonische Erreichbarkeit", "sprechzeiten": [{"zeit": slot}]}]
    return {"d": day, "t": weekday, "tszDesTyps": kinds}


@pytest.mark.parametrize(
    ("days", "hours"),
    [
        (
            [newer_day("2026-11-23", "12:00 - 12:50"), newer_day("2026-11-30", "12:00 - 12:50")],
            "Mo 12:00-12:50",
        ),
        (
            [newer_day("2026-11-24", "8-9; 10-11", "13:00-14:00")],
            "Di 08:00-09:00; Di 10:00-11:00; Di 13:00-14:00",
        ),
        ([newer_day("2026-11-24", "8-9, 9-10")], "Di 08:00-10:00"),
        ([newer_day("2026-11-23", "8-9", typ="05"), newer_day("2026-11-23", "8-9", typ="06")], ""),
        ([newer_day("2026-11-23", "8-9", typ="01")], ""),
        ([older_day("23.11.", "09:00-09:50", "Mo.")], "Mo 09:00-09:50"),
        ([older_day("22.12.", "09:00-09:50")], "Di 09:00-09:50"),
        ([older_day("04.01.", "09:00-09:50")], "Mo 09:00-09:50"),
        ([], ""),
    ],
    ids=[
        "doubles",
        "ranges",
        "touching",
        "psychotherapy",
        "surgery",
        "weekday",
        "no year",
        "turn of the year",
        "none",
    ],
)
def test_phone_hours_are_folded_by_weekday(days: list[dict[str, Any]], hours: str) -> None:
    flat = flatten(tsz=days)
    assert (flat.cells["Telefonzeiten"], flat.notes) == (hours, ())


def test_printed_weekday_counts_and_a_date_that_says_otherwise_is_told() -> None:
    flat = flatten(tsz=[older_day("22.12.", "09:00-09:50", "Mo.")])
    assert flat.cells["Telefonzeiten"] == "Mo 09:00-09:50"
    assert flat.notes == ("Weekday and date do not agree: “Mo. 22.12.”.",)


def test_year_is_the_nearest_to_the_fetch() -> None:
    shape = register_shape(fetched_on=date(2026, 1, 4))
    assert shape.flatten({"tsz": [older_day("29.12.", "9-10")]}).cells["Telefonzeiten"] == "Mo 09:00-10:00"


@pytest.mark.parametrize(
    "days", [[newer_day("2026-11-23", "nach Vereinbarung")], [older_day("31.02.", "9-10")]]
)
def test_phone_hours_that_cannot_be_read_are_told(days: list[dict[str, Any]]) -> None:
    flat = flatten(tsz=days)
    assert flat.cells["Telefonzeiten"] == ""
    assert flat.notes[0].startswith("Phone hours not understood")


@pytest.mark.parametrize(
    ("psy", "approvals"),
    [
        (
            [{"heading": "Verhaltenstherapie", "values": ["Erwachsene, Einzeltherapie"]}],
            "VT Erwachsene Einzel",
        ),
        (
            [
                {
                    "heading": "Systemische Therapie",
                    "values": ["Erwachsene, Gruppentherapie", "Kinder und Jugendliche, Einzeltherapie"],
                }
            ],
            "ST Erwachsene Gruppe; ST Kinder Einzel",
        ),
        (
            ["Tiefenpsychologisch fundierte Psychotherapie für Erwachsene in Einzeltherapie"],
            "TP Erwachsene Einzel",
        ),
        (["Analytische Psychotherapie für Kinder und Jugendliche in Gruppentherapie"], "AP Kinder Gruppe"),
        ([], ""),
    ],
)
def test_approvals(psy: list[Any], approvals: str) -> None:
    flat = flatten(psy=psy)
    assert (flat.cells["Zulassungen"], flat.notes) == (approvals, ())


def test_method_without_age_group_is_kept_as_text_and_told() -> None:
    flat = flatten(psy=["Verhaltenstherapie"], fg=[{"value": "Psychologische Psychotherapeutin"}])
    assert flat.cells["Zulassungen"] == ""
    assert flat.cells["Zusatzqualifikationen"] == "Psychologische Psychotherapeutin; Verhaltenstherapie"
    assert flat.notes == ("“Verhaltenstherapie” does not name method, age group and setting.",)


def test_rare_language_is_kept_as_text_and_told() -> None:
    flat = flatten(fs=["Englisch", "Isländisch"])
    assert flat.cells["Fremdsprachen"] == "Englisch"
    assert flat.cells["Zusatzqualifikationen"] == "Isländisch"
    assert flat.notes == ("Languages not on the list: Isländisch.",)


@pytest.mark.parametrize(
    ("entry", "seat"),
    [
        ({}, "ganz"),
        ({"privat": True}, "kein"),
        ({"fg": ["Privatpraxis"]}, "kein"),
        ({"bf": ["halber Versorgungsauftrag"]}, "halb"),
    ],
)
def test_seat_is_full_unless_said_otherwise(entry: dict[str, Any], seat: str) -> None:
    assert flatten(**entry).cells["Kassensitz"] == seat


def test_institution_is_no_person() -> None:
    assert flatten(arzt=False, name="MVZ").problem == "The entry is an institution, not a person."
    assert flatten(arzt=True).problem == ""


VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["d", "t", "typ", "typTsz", "tszDesTyps", "sprechzeiten", "z", "value", "heading", "values"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(
    st.dictionaries(
        st.sampled_from(["name", "vorname", "plz", "tsz", "psy", "fs", "fg", "bf", "lat", "arzt"]), VALUES
    )
    | VALUES
)
@settings(max_examples=300, deadline=None)
def test_any_entry_is_flattened(entry: Any) -> None:
    flat = register_shape(fetched_on=FETCHED_ON).flatten(entry)
    assert all(isinstance(value, str) for value in flat.cells.values())
