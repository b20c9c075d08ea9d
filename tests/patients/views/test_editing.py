from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.core.errors import StaleState
from apps.core.models import AccessEntry, DuplicateSuggestion
from apps.core.weekly import Interval
from apps.patients.models import Patient
from apps.patients.sections import FORM_FIELDS
from apps.patients.services import registration
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
CREATE = reverse("patients:create")
LEAST = {
    "first_name": "Mara",
    "last_name": "Klein",
    "salutation": "none",
    "gender": "not_stated",
    "preferred_channel": "email",
    "wished_gender": "any",
    "group_wish": "no",
    "travel_mode": "car",
}


def posted(client: Client, patient: Patient, **changes: Any) -> Any:
    """The edit page sent back as a browser would, with changes."""
    url = reverse("patients:edit", args=[patient.pk])
    form = client.get(url).context["forms"][0]
    values = {name: form[name].value() for name in form.fields}
    unticked = [name for name, field in form.fields.items() if isinstance(field.widget, forms.CheckboxInput)]
    data = {
        name: value
        for name, value in values.items()
        if value not in (None, "", []) and not (name in unticked and not value)
    }
    return client.post(url, {**data, **changes}, headers=ENGLISH)


def test_create_with_the_names_alone(coordinator_client: Client) -> None:
    response = coordinator_client.post(CREATE, LEAST)
    patient = Patient.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, patient.get_absolute_url())
    assert (patient.full_name, patient.status) == ("Mara Klein", "open")
    assert patient.history.get().actor.username == "coordinator"


def test_create_with_everything(coordinator_client: Client) -> None:
    more = {
        "birth_date": "1990-05-17",
        "symptoms": ["anxiety", "rumination"],
        "wished_methods": ["VT"],
        "languages": ["de", "tr"],
        "is_ptv11_urgent": "true",
        "has_previous_therapy": "false",
        "complaints": "Kaum Schlaf",
        "day_0": "8-12, 14:00–18:00",
        "consents": ["health_data", "email"],
        "consents_on": "2026-11-02",
        "proof": "contract, page 3",
    }
    coordinator_client.post(CREATE, LEAST | more)
    patient = Patient.objects.get()
    assert (patient.symptoms, patient.languages) == (["anxiety", "rumination"], ["de", "tr"])
    assert (patient.is_ptv11_urgent, patient.has_previous_therapy) == (True, False)
    assert [row.interval for row in patient.availability.all()] == [
        Interval(0, 480, 720),
        Interval(0, 840, 1080),
    ]
    assert set(patient.consents.values_list("purpose", "proof")) == {
        ("health_data", "contract, page 3"),
        ("email", "contract, page 3"),
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"first_name": ""}, "This field is required."),
        ({"kvnr": "A123456789"}, "Please compare the card."),
        ({"plz": "4103"}, "A PLZ has five digits. Is a zero missing: 04103?"),
        ({"phone": "call me"}, "“call me” is not a telephone number with its area code"),
        ({"diagnosis": "sad"}, "Please enter one ICD-10-GM code such as F32.1"),
        ({"symptoms": ["anxiety", "pain", "grief", "guilt"]}, "Three symptoms at most"),
        ({"max_distance_km": "0"}, "At least 1, or leave it empty."),
        ({"day_3": "early"}, "“early” is not a time like 08:00–12:00."),
        ({"consents": ["email"], "consents_on": "2026-11-02"}, "Please say where the consents can be found."),
        ({"consents": ["email"], "proof": "mail"}, "Please enter the day, today at the latest."),
    ],
)
def test_create_says_what_to_do(coordinator_client: Client, changes: dict[str, Any], message: str) -> None:
    response = coordinator_client.post(CREATE, LEAST | changes, headers=ENGLISH)
    assert response.status_code == 200
    assert message in response.text
    assert Patient.objects.count() == 0


def test_create_keeps_what_was_typed_after_a_mistake(coordinator_client: Client) -> None:
    typed = LEAST | {"plz": "4103", "complaints": "Kaum Schlaf", "day_0": "8-12", "symptoms": ["anxiety"]}
    text = coordinator_client.post(CREATE, typed).text
    assert "Kaum Schlaf" in text
    assert 'value="8-12"' in text


def test_create_warns_of_a_double_and_logs_who_was_shown(coordinator_client: Client) -> None:
    known = PatientFactory(email="mara@example.org")
    response = coordinator_client.post(CREATE, LEAST | {"email": "Mara@Example.org"})
    assert [double.patient for double in response.context["doubles"]] == [known]
    assert f'href="{known.get_absolute_url()}"' in response.text
    assert Patient.objects.count() == 1
    entry = AccessEntry.objects.get()
    assert (entry.patient_id, entry.purpose) == (known.pk, "patients:create")


def test_create_anyway(coordinator_client: Client) -> None:
    PatientFactory(first_name="Mara", last_name="Klein", birth_date=None)
    coordinator_client.post(CREATE, LEAST | {"create_anyway": "1", "create_anyway_reason": "other town"})
    assert Patient.objects.filter(last_name="Klein").count() == 2


def test_create_anyway_needs_a_reason_which_is_kept(coordinator_client: Client) -> None:
    known = PatientFactory(first_name="Mara", last_name="Klein", birth_date=None)
    page = coordinator_client.post(CREATE, LEAST | {"create_anyway": "1"}, headers=ENGLISH)
    assert "Please say how the two can be told apart." in page.text
    assert Patient.objects.count() == 1
    coordinator_client.post(CREATE, LEAST | {"create_anyway": "1", "create_anyway_reason": "her mother"})
    new = Patient.objects.exclude(pk=known.pk).get()
    assert new.history.get().reason == "her mother"
    pair = DuplicateSuggestion.objects.get()
    assert (pair.first_id, pair.second_id, pair.status) == (known.pk, new.pk, "dismissed")


def test_create_recognises_who_is_back_under_another_name(coordinator_client: Client) -> None:
    """The former case is closed: a new search belongs there."""
    days = {"started_on": "2026-03-02", "first_place_on": "2026-04-20", "place_confirmed_on": "2026-05-04"}
    PatientFactory(
        first_name="Mara", last_name="Groß", phone="+493419999", status="therapy_completed", **days
    )
    typed = LEAST | {"last_name": "Gross-Klein", "birth_date": "1990-05-17", "phone": "0341 9999"}
    page = coordinator_client.post(CREATE, typed, headers=ENGLISH)
    assert "open a new search there" in page.text
    assert "The telephone number is the same." in page.text
    assert Patient.objects.count() == 1


def test_edit_shows_every_field_and_saves_the_changed_one(coordinator_client: Client) -> None:
    patient = PatientFactory(referrer="Frauenärztin", is_ptv11_urgent=False)
    before = {name: getattr(patient, name) for name in FORM_FIELDS}
    response = posted(coordinator_client, patient, occupation="Tischlerin")
    assert response.status_code == 302
    fresh = Patient.objects.get(pk=patient.pk)
    assert {name: getattr(fresh, name) for name in FORM_FIELDS} == before | {"occupation": "Tischlerin"}


def test_edit_without_a_change_saves_nothing(coordinator_client: Client) -> None:
    patient = PatientFactory()
    posted(coordinator_client, patient)
    assert Patient.objects.get(pk=patient.pk).updated_at == patient.updated_at


def test_edit_can_empty_a_field(coordinator_client: Client) -> None:
    patient = PatientFactory(complaints="Kaum Schlaf")
    posted(coordinator_client, patient, complaints="", birth_date="")
    fresh = Patient.objects.get(pk=patient.pk)
    assert (fresh.complaints, fresh.birth_date) == ("", None)


def test_edit_refuses_to_overwrite_somebody_elses_change(coordinator_client: Client) -> None:
    patient = PatientFactory(city="Leipzig")
    url = reverse("patients:edit", args=[patient.pk])
    seen_at = coordinator_client.get(url).context["forms"][0]["seen_at"].value()
    patient.city = "Halle (Saale)"
    patient.save()
    data = LEAST | {"city": "Markkleeberg", "seen_at": seen_at}
    response = coordinator_client.post(url, data, headers=ENGLISH)
    assert response.status_code == 200
    assert "Somebody else has changed this record" in response.text
    assert 'value="Markkleeberg"' in response.text
    assert Patient.objects.get(pk=patient.pk).city == "Halle (Saale)"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValidationError({"city": "There is no such town."}), "There is no such town."),
        (StaleState(), "Somebody else has changed this record"),
    ],
)
def test_edit_shows_what_only_the_locked_row_could_tell(
    coordinator_client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def refuse(**kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(registration, "update", refuse)
    response = posted(coordinator_client, PatientFactory(), city="Halle")
    assert (response.status_code, message in response.text) == (200, True)


def test_create_shows_what_only_the_service_could_tell(
    coordinator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**kwargs: Any) -> None:
        raise ValidationError({"latitude": "Half a place."})

    monkeypatch.setattr(registration, "register", refuse)
    response = coordinator_client.post(CREATE, LEAST)
    assert (response.status_code, "Half a place." in response.text) == (200, True)


def test_edit_without_its_time_stamp_is_refused(coordinator_client: Client) -> None:
    patient = PatientFactory(first_name="Clara")
    url = reverse("patients:edit", args=[patient.pk])
    assert coordinator_client.post(url, LEAST).status_code == 200
    assert Patient.objects.get(pk=patient.pk).first_name == "Clara"


def test_edit_cannot_touch_what_the_system_keeps(coordinator_client: Client) -> None:
    patient = PatientFactory()
    changes = {"status": "searching", "case_code": "AAA-AAA", "started_on": "2026-01-01", "kvnr_index": "x"}
    posted(coordinator_client, patient, **changes)
    fresh = Patient.objects.get(pk=patient.pk)
    kept = ("status", "case_code", "started_on", "kvnr_index")
    assert [getattr(fresh, name) for name in kept] == [getattr(patient, name) for name in kept]


def test_availability_shows_and_replaces_the_hours(coordinator_client: Client) -> None:
    patient = PatientFactory(availability=[(0, 480, 720)])
    url = reverse("patients:availability", args=[patient.pk])
    assert 'value="08:00–12:00"' in coordinator_client.get(url).text
    response = coordinator_client.post(url, {"day_4": "14-18; 9:30-11"})
    assert response.headers["Location"] == reverse("patients:wishes", args=[patient.pk])
    assert [row.interval for row in patient.availability.all()] == [
        Interval(4, 570, 660),
        Interval(4, 840, 1080),
    ]


def test_availability_emptied_becomes_unknown(coordinator_client: Client) -> None:
    patient = PatientFactory()
    empty = {f"day_{day}": "" for day in range(7)}
    coordinator_client.post(reverse("patients:availability", args=[patient.pk]), empty)
    assert Patient.objects.get(pk=patient.pk).is_availability_known is False


def test_availability_not_understood_keeps_the_old_hours(coordinator_client: Client) -> None:
    patient = PatientFactory()
    url = reverse("patients:availability", args=[patient.pk])
    response = coordinator_client.post(url, {"day_0": "12-8"}, headers=ENGLISH)
    assert response.status_code == 200
    assert "the end must come after the start" in response.text
    assert patient.availability.count() == 5
