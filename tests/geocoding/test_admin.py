import pytest
from django.contrib import admin
from django.db import models
from django.test import RequestFactory

from apps.geocoding.models import Place, PostalCode

pytestmark = pytest.mark.django_db


def found(model: type[models.Model], words: str, rf: RequestFactory) -> list[str]:
    model_admin = admin.site.get_model_admin(model)
    rows, _has_duplicates = model_admin.get_search_results(rf.get("/"), model._default_manager.all(), words)
    return [str(row) for row in rows]


def test_place_search_finds_a_town_with_and_without_umlaut(rf: RequestFactory) -> None:
    Place.objects.create(name="Nürnberg", state="BY", latitude=49.45, longitude=11.08)
    Place.objects.create(name="Fürth", state="BY", latitude=49.48, longitude=10.99)
    assert found(Place, "Nürn", rf) == found(Place, "nuern", rf) == ["Nürnberg (BY)"]


def test_postal_code_search_finds_the_beginning_of_a_plz(rf: RequestFactory) -> None:
    for plz in ("90402", "49040"):
        PostalCode.objects.create(plz=plz, place_name="Ort", state="BY", latitude=49.45, longitude=11.08)
    assert found(PostalCode, "9040", rf) == ["90402 Ort"]
