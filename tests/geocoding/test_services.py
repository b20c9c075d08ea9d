from pathlib import Path

import pytest

from apps.geocoding.models import Place, PostalCode
from apps.geocoding.selectors import locate
from apps.geocoding.services import FactsError, load_places

pytestmark = pytest.mark.django_db

PLACES = "name,state,latitude,longitude,population\n"
CODES = "plz,place_name,state,latitude,longitude\n"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    places, codes = tmp_path / "places.csv", tmp_path / "codes.csv"
    places.write_text(PLACES + "Grimma,SN,51.23,12.72,27529\n", encoding="utf-8")
    codes.write_text(CODES + "04668,Grimma,SN,51.23,12.72\n", encoding="utf-8")
    return {"places_file": places, "postal_codes_file": codes}


def test_load_places_packaged_tables_twice_changes_nothing() -> None:
    first = load_places()
    kept = list(Place.objects.values()), list(PostalCode.objects.values())
    assert load_places() == first
    assert (list(Place.objects.values()), list(PostalCode.objects.values())) == kept
    assert (len(kept[0]), len(kept[1])) == (first.places, first.postal_codes)
    assert locate(plz="90762", city="Fürth").state == "BY"


def test_load_places_updates_known_rows_and_keeps_others(files: dict[str, Path]) -> None:
    Place.objects.create(name="Grimma", state="SN", latitude=50.0, longitude=10.0)
    Place.objects.create(name="Colditz", state="SN", latitude=51.13, longitude=12.8)
    load_places(**files)
    assert list(Place.objects.values_list("name", "latitude", "population", "sort_key")) == [
        ("Colditz", 51.13, 0, "colditz"),
        ("Grimma", 51.23, 27529, "grimma"),
    ]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("0466,Grimma,SN,51.23,12.72", "line 3"),
        ("04668,Grimma,SN,51.23,12.72", "there twice"),
        ("04669,Grimma,XX,51.23,12.72", "line 3"),
        ("04669,Grimma,SN,north,12.72", "line 3"),
        ("04669,,SN,51.23,12.72", "line 3"),
        ("04669,Grimma", "line 3"),
    ],
)
def test_load_places_one_bad_line_loads_nothing(files: dict[str, Path], line: str, complaint: str) -> None:
    with files["postal_codes_file"].open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(FactsError, match=complaint):
        load_places(**files)
    assert not Place.objects.exists()
    assert not PostalCode.objects.exists()


def test_load_places_missing_file_or_column_is_a_facts_error(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(FactsError, match=r"absent\.csv"):
        load_places(**files | {"places_file": tmp_path / "absent.csv"})
    files["places_file"].write_text("town\nGrimma\n", encoding="utf-8")
    with pytest.raises(FactsError, match="line 2"):
        load_places(**files)


def test_load_places_empty_files_load_nothing(files: dict[str, Path]) -> None:
    files["places_file"].write_text(PLACES, encoding="utf-8")
    files["postal_codes_file"].write_text(CODES, encoding="utf-8")
    result = load_places(**files)
    assert (result.places, result.postal_codes) == (0, 0)
