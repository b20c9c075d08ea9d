from typing import Any

import pytest

from apps.scraping import wording
from apps.scraping.services.proposing import FIELDS


@pytest.mark.parametrize(
    ("field", "raw", "text"),
    [
        ("title", "Dr.", "Dr."),
        ("title", "", "–"),
        ("title", None, "–"),
        ("gender", "female", "female"),
        ("gender", "unknown", "–"),
        ("salutation", "none", "–"),
        ("seat", "none", "no seat"),
        ("languages", ["de", "tr"], "German, Turkish"),
        (
            "approvals",
            ["VT adults individual", "TP minors group"],
            "VT · adults · individual; TP · children and youth · group",
        ),
        (
            "phone_hours",
            ["0 720 770", "0 840 900", "2 600 650"],
            "Monday 12:00–12:50, 14:00–15:00; Wednesday 10:00–10:50",
        ),
        ("address", {"street": "Ahornweg 1", "plz": "04103", "city": "Leipzig"}, "Ahornweg 1, 04103 Leipzig"),
        ("address", {"street": "", "plz": "", "city": ""}, "–"),
        ("place", {"latitude": 51.34, "longitude": 12.3875}, "51.34000, 12.38750"),
        (
            "place",
            {"latitude": 51.34, "longitude": 12.3875, "precision": "house"},
            "51.34000, 12.38750 (house)",
        ),
        ("place", {"latitude": None, "longitude": None, "precision": "none"}, "–"),
        ("phone", "+493410000000", "0341 0000000"),
        (
            "workplace",
            {"name": "Praxis", "street": "Weg 1", "plz": "04103", "city": "Leipzig", "phone": "+49341300300"},
            "Praxis, Weg 1, 04103 Leipzig, 0341 300300",
        ),
    ],
)
def test_value_is_readable(field: str, raw: Any, text: str) -> None:
    assert wording.value(field, raw) == text


def test_every_field_has_a_name() -> None:
    names = {wording.label(field) for field in wording.FIELD_NAMES}
    assert len(names) == len(FIELDS) + 1
    assert "" not in names
