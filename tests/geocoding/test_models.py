import pytest
from django.db import IntegrityError, transaction

from apps.geocoding.models import Place, PostalCode

pytestmark = pytest.mark.django_db


def postal_code(**changes: object) -> PostalCode:
    values = {"plz": "04103", "place_name": "Leipzig", "state": "SN", "latitude": 51.34, "longitude": 12.38}
    return PostalCode(**(values | changes))


def test_place_save_derives_the_sort_key() -> None:
    place = Place.objects.create(name="Fürth", state="BY", latitude=49.48, longitude=10.99)
    assert place.sort_key == "fuerth"
    place.name = "Halle (Saale)"
    place.save(update_fields=["name", "sort_key"])
    place.refresh_from_db()
    assert (place.sort_key, str(place)) == ("halle", "Halle (Saale) (BY)")


def test_place_same_name_in_two_states_is_allowed_once_each() -> None:
    Place.objects.create(name="Coswig", state="SN", latitude=51.13, longitude=13.58)
    Place.objects.create(name="Coswig", state="ST", latitude=51.88, longitude=12.45)
    with pytest.raises(IntegrityError, match="place_once_per_state"), transaction.atomic():
        Place.objects.create(name="Coswig", state="ST", latitude=51.88, longitude=12.45)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"plz": "4103"}, "plz_five_digits"),
        ({"plz": "O4103"}, "plz_five_digits"),
        ({"state": "XX"}, "plz_state_known"),
        ({"latitude": 12.38, "longitude": 51.34}, "plz_in_germany"),
    ],
)
def test_postal_code_the_database_refuses(changes: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        postal_code(**changes).save()


def test_postal_code_shared_by_two_towns_has_two_rows() -> None:
    postal_code(plz="06766", place_name="Wolfen", state="ST").save()
    postal_code(plz="06766", place_name="Thalheim", state="ST").save()
    assert [str(row) for row in PostalCode.objects.all()] == ["06766 Thalheim", "06766 Wolfen"]
    with pytest.raises(IntegrityError, match="plz_once_per_place"), transaction.atomic():
        postal_code(plz="06766", place_name="Wolfen", state="ST").save()
