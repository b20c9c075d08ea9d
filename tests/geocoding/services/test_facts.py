import pytest

from apps.geocoding.models import Place, PostalCode
from apps.geocoding.services.facts import import_places, import_postal_codes

pytestmark = pytest.mark.django_db


def code_line(
    plz: str, name: str, latitude: float | str, longitude: float | str, state: str = "SN", country: str = "DE"
) -> str:
    """One line in GeoNames' format of postal codes."""
    return "\t".join(
        [country, plz, name, "Sachsen", state, "", "00", "Kreis", "14713", str(latitude), str(longitude), "4"]
    )


def town_line(name: str, latitude: float, longitude: float, population: int, code: str = "PPL") -> str:
    """One line in GeoNames' format of towns; Saxony has the number 13."""
    places = ["2879139", name, name, "", latitude, longitude, "P", code, "DE", "", "13", "00", "14713"]
    rest = ["14713000", population, "", "116", "Europe/Berlin", "2023-10-12"]
    return "\t".join(str(value) for value in (*places, *rest))


def test_import_postal_codes_takes_good_lines_and_names_bad_ones() -> None:
    text = "\n".join(
        [
            code_line("04103", "Leipzig", 51.3347, 12.3906),
            code_line("0410", "Leipzig", 51.3347, 12.3906),
            code_line("04105", "Leipzig", "north", 12.3906),
            code_line("04107", "Leipzig", 12.3906, 51.3347),
            code_line("04109", "Leipzig", 51.34, 12.37, state="XX"),
            "DE\t04109",
            code_line("1010", "Wien", 48.2, 16.37, country="AT"),
            code_line("04103", "Leipzig", 51.0, 12.0),
        ]
    )
    report = import_postal_codes(text=text)
    assert list(PostalCode.objects.values_list("plz", "place_name", "state", "latitude", "longitude")) == [
        ("04103", "Leipzig", "SN", 51.3347, 12.3906)
    ]
    assert (report.total, report.added, report.foreign, report.doubled) == (8, 1, 1, 1)
    assert [number for number, _why in report.bad] == [2, 3, 4, 5, 6]
    assert [why for _number, why in report.bad][1:] == [
        "'north' is no number of degrees",
        "12.3906, 51.3347 is not in Germany",
        "unknown state 'XX'",
        "2 columns instead of 12",
    ]


def test_import_postal_codes_twice_changes_nothing() -> None:
    text = code_line("04103", "Leipzig", 51.3347, 12.3906)
    import_postal_codes(text=text)
    before = list(PostalCode.objects.values())
    report = import_postal_codes(text=text)
    assert (report.added, report.changed, report.same) == (0, 0, 1)
    assert list(PostalCode.objects.values()) == before


def test_import_postal_codes_updates_and_keeps_others() -> None:
    for plz in ("04103", "99999"):
        PostalCode.objects.create(plz=plz, place_name="Leipzig", state="SN", latitude=51.0, longitude=12.0)
    report = import_postal_codes(text=code_line("04103", "Leipzig", 51.3347, 12.3906))
    assert (report.added, report.changed) == (0, 1)
    assert dict(PostalCode.objects.values_list("plz", "latitude")) == {"04103": 51.3347, "99999": 51.0}


def test_town_hall_given_for_several_codes_does_not_replace_a_better_point() -> None:
    PostalCode.objects.create(plz="04103", place_name="Leipzig", state="SN", latitude=51.33, longitude=12.39)
    text = "\n".join(code_line(plz, "Leipzig", 51.34, 12.37) for plz in ("04103", "04105", "04107"))
    report = import_postal_codes(text=text)
    assert (report.added, report.kept, report.changed) == (2, 1, 0)
    assert PostalCode.objects.get(plz="04103").latitude == 51.33


def test_import_postal_codes_takes_the_packaged_columns() -> None:
    text = "plz,place_name,state,latitude,longitude\n04103,Leipzig,SN,51.33,12.39\n04105,Leipzig,SN\n"
    report = import_postal_codes(text=text)
    assert (report.added, [number for number, _why in report.bad]) == (1, [3])


def test_import_places_takes_towns_only_and_the_largest_of_a_name() -> None:
    text = "\n".join(
        [
            town_line("Leipzig", 51.33962, 12.37129, 601866, "PPLA3"),
            town_line("Neustadt", 51.1, 13.7, 100),
            town_line("Neustadt", 51.02, 14.2, 12000),
            town_line("Gohlis", 51.36, 12.36, 40000, "PPLX"),
        ]
    )
    report = import_places(text=text)
    assert list(Place.objects.values_list("name", "state", "population", "sort_key")) == [
        ("Leipzig", "SN", 601866, "leipzig"),
        ("Neustadt", "SN", 12000, "neustadt"),
    ]
    assert (report.total, report.added, report.doubled, report.foreign) == (4, 2, 1, 1)
    assert import_places(text=text).same == 2


def test_import_places_speaks_german() -> None:
    import_places(text=town_line("Munich", 48.13743, 11.57549, 1505005))
    assert Place.objects.get().name == "München"


def test_import_of_nothing_is_nothing() -> None:
    assert import_postal_codes(text="").total == 0
