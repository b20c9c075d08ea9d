from datetime import datetime

import pytest

from apps.events.catalogue import event_type
from apps.events.documents import product_types
from apps.events.envelope import FIELDS, envelope, envelope_schema, example
from apps.events.models import DomainEvent
from apps.events.schema import problems
from apps.patients.models import Patient
from apps.patients.services import registration
from tests.factories.patients import PatientFactory


@pytest.mark.django_db
def test_envelope_of_what_a_service_tells_keeps_its_schema(at: datetime) -> None:

    patient: Patient = PatientFactory(street="Ahornweg 7")
    registration.update(patient=patient, changes={"street": "Neuer Weg 1"}, actor=None, at=at)
    event = DomainEvent.objects.get(type="patient.moved")
    told = envelope(event)
    assert list(told) == list(FIELDS)
    assert told | {"event_id": ""} == {
        "event_id": "",
        "type": "patient.moved",
        "version": 1,
        "occurred_at": "2026-11-23T08:00:00.000000+00:00",
        "producer": "patients",
        "subject_id": str(patient.pk),
        "payload": {"changed": ["street"]},
    }
    assert problems(envelope_schema(event_type("patient.moved")), told, "event") == []
    assert problems(envelope_schema(event_type("patient.created")), told, "event") == [
        "event.type is not 'patient.created'",
        "event.payload.changed is not declared",
    ]


def test_every_example_keeps_its_schema() -> None:
    for declared in product_types():
        assert problems(envelope_schema(declared), example(declared), declared.name) == []
        assert problems(envelope_schema(), example(declared), declared.name) == []
