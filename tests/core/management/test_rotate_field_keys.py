import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import StringIO
from threading import Event
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings as project_settings
from django.core.management import call_command
from django.db import connection, connections, transaction

from apps.accounts.models import User
from apps.core.encryption import EncryptedField
from apps.patients.models import Patient
from tests.factories.patients import PatientFactory

OLD_KEY = project_settings.FIELD_ENCRYPTION_KEYS[0]
NEW_KEY = base64.urlsafe_b64encode(b"another-key-only-for-the-tests-1").decode()
VALUES = {
    "diagnosis": "F32.1",
    "symptoms": ["sleep-problems"],
    "has_previous_therapy": False,
    "previous_therapy_last_session_on": date(2025, 1, 31),
    "kvnr": "A123456780",
    "occupation": "",
}


def rotate() -> str:
    out = StringIO()
    call_command("rotate_field_keys", stdout=out)
    return out.getvalue()


def stored(pk: int) -> list[str | None]:
    names = [field.column for field in Patient._meta.fields if isinstance(field, EncryptedField)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM patients_patient WHERE id = %s", [pk])
        return list(cursor.fetchone())


@pytest.mark.django_db
def test_after_rotation_the_old_key_can_be_dropped(settings: Any) -> None:
    patient = PatientFactory(**VALUES)
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]
    rotate()
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]
    fresh = Patient.objects.get(pk=patient.pk)
    assert {name: getattr(fresh, name) for name in VALUES} == VALUES


@pytest.mark.django_db
def test_after_rotation_the_old_key_reads_nothing(settings: Any) -> None:
    patient = PatientFactory(**VALUES)
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]
    rotate()
    tokens = [token for token in stored(patient.pk) if token]
    assert len(tokens) == 6  # with the complaints of the factory
    for token in tokens:
        with pytest.raises(InvalidToken):
            Fernet(OLD_KEY).decrypt(token.encode())


@pytest.mark.django_db
def test_without_rotation_dropping_the_old_key_loses_the_data(settings: Any) -> None:
    patient = PatientFactory(**VALUES)
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]
    with pytest.raises(InvalidToken):
        Patient.objects.get(pk=patient.pk)


@pytest.mark.django_db
def test_unset_stays_unset_and_nothing_else_changes(settings: Any) -> None:
    patient = PatientFactory(empty=True, has_previous_therapy=None)
    before = Patient.objects.values().get(pk=patient.pk)
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]
    rotate()
    assert Patient.objects.values().get(pk=patient.pk) == before
    assert [token for token in stored(patient.pk) if token is None or token == ""] != []


@pytest.mark.django_db
def test_audit_trail_does_not_grow(settings: Any) -> None:
    patient = PatientFactory(**VALUES)
    trail = apps.get_model("patients", "PatientEvent").objects.filter(pgh_obj=patient)
    before = trail.count()
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]
    rotate()
    assert trail.count() == before


@pytest.mark.django_db
def test_report_counts_the_rows_of_every_model_with_encrypted_fields() -> None:
    PatientFactory.create_batch(3)
    lines = rotate().splitlines()
    assert "patients.Patient: 3 rows" in lines
    labels = {
        model._meta.label
        for model in apps.get_models()
        if any(isinstance(field, EncryptedField) for field in model._meta.fields)
    }
    assert {line.partition(":")[0] for line in lines} == labels | {"mfa.Authenticator"}


def test_second_factors_survive_the_end_of_the_old_key(settings: Any, coordinator: User) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    factor = TOTP.activate(coordinator, secret).instance
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]
    rotate()
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]
    factor.refresh_from_db()
    assert decrypt(factor.data["secret"]) == secret


@pytest.mark.django_db(transaction=True)
def test_change_made_meanwhile_is_not_lost(settings: Any) -> None:
    """A coordinator saves while the command walks over the rows."""
    first, second = PatientFactory(diagnosis="F32.1"), PatientFactory(diagnosis="F41.0")
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]
    is_held, may_end = Event(), Event()

    def edit() -> None:
        try:
            with transaction.atomic():
                Patient.objects.filter(pk=first.pk).update(occupation="held")  # the command waits here
                is_held.set()
                may_end.wait(timeout=30)
                Patient.objects.filter(pk__in=[first.pk, second.pk]).update(diagnosis="F43.2")
        finally:
            connections.close_all()

    def run() -> None:
        try:
            rotate()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        editing = pool.submit(edit)
        assert is_held.wait(timeout=30)
        rotating = pool.submit(run)
        with pytest.raises(TimeoutError):
            rotating.result(timeout=1)  # it waits for the row
        may_end.set()
        editing.result(timeout=30)
        rotating.result(timeout=30)
    assert set(Patient.objects.in_bulk([first.pk, second.pk])) == {first.pk, second.pk}
    assert list(Patient.objects.order_by("pk").values_list("diagnosis", flat=True)) == ["F43.2", "F43.2"]
