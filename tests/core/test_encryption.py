import base64
from datetime import date
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings as project_settings
from django.core.exceptions import FieldError
from django.db import connection, transaction
from django.db.models import Value

from apps.core.encryption import (
    EncryptedBooleanField,
    EncryptedDateField,
    EncryptedField,
    EncryptedJSONField,
    EncryptedTextField,
    blind_index,
    cipher,
)
from apps.patients.models import Patient
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db

# one column per kind of field
TEXT, JSON, BOOLEAN, DATE = (
    "diagnosis",
    "symptoms",
    "has_previous_therapy",
    "previous_therapy_last_session_on",
)
OTHER_KEY = base64.urlsafe_b64encode(b"another-key-only-for-the-tests-1").decode()


def stored(column: str, pk: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM patients_patient WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def test_columns_of_this_file_are_of_every_kind() -> None:
    kinds = [type(Patient._meta.get_field(name)) for name in (TEXT, JSON, BOOLEAN, DATE)]
    assert kinds == [EncryptedTextField, EncryptedJSONField, EncryptedBooleanField, EncryptedDateField]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (TEXT, "F32.1"),
        (TEXT, "Ängste – „seit Jahren“ \U0001f614\nzweite Zeile"),
        (TEXT, "x" * 20_000),
        (JSON, ["depressed-mood", "sleep-problems"]),
        (JSON, []),
        (JSON, [{"ä": [1, 2.5, None, True]}]),
        (BOOLEAN, True),
        (BOOLEAN, False),
        (DATE, date(2026, 1, 31)),
    ],
)
def test_value_comes_back_as_it_was(column: str, value: object) -> None:
    patient = PatientFactory(**{column: value})
    assert getattr(Patient.objects.get(pk=patient.pk), column) == value
    assert Patient.objects.values_list(column, flat=True).get(pk=patient.pk) == value


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (TEXT, "Kanarienvogel"),
        (JSON, ["Kanarienvogel"]),
        (BOOLEAN, True),
        (BOOLEAN, False),
        (DATE, date(2026, 1, 31)),
    ],
)
def test_raw_column_shows_no_plaintext(column: str, value: object) -> None:
    raw = stored(column, PatientFactory(**{column: value}).pk)
    assert raw.startswith("gAAAA")
    for plain in ("Kanarienvogel", "true", "false", "2026"):
        assert plain not in raw
        assert plain.encode() not in base64.urlsafe_b64decode(raw)


def test_update_in_sql_encrypts() -> None:
    patient = PatientFactory()
    Patient.objects.filter(pk=patient.pk).update(diagnosis="Kanarienvogel")
    assert "Kanarienvogel" not in stored(TEXT, patient.pk)
    assert Patient.objects.get(pk=patient.pk).diagnosis == "Kanarienvogel"


def test_bulk_create_encrypts() -> None:
    [patient] = Patient.objects.bulk_create([Patient(last_name="Ahorn", diagnosis="Kanarienvogel")])
    assert "Kanarienvogel" not in stored(TEXT, patient.pk)


def test_expressions_are_refused_instead_of_written_as_they_are() -> None:
    """The database could not encrypt what an expression yields."""
    patient = PatientFactory(diagnosis="F32.1")
    patient.diagnosis = "Kanarienvogel"
    with pytest.raises(TypeError), transaction.atomic():
        Patient.objects.filter(pk=patient.pk).update(diagnosis=Value("Kanarienvogel"))
    with pytest.raises(TypeError), transaction.atomic():
        Patient.objects.bulk_update([patient], ["diagnosis"])
    assert Patient.objects.get(pk=patient.pk).diagnosis == "F32.1"


def test_same_value_never_looks_the_same() -> None:
    first, second = (PatientFactory(diagnosis="F32.1") for _count in range(2))
    assert stored(TEXT, first.pk) != stored(TEXT, second.pk)


@pytest.mark.parametrize(("column", "value"), [(TEXT, ""), (BOOLEAN, None), (DATE, None)])
def test_unset_stays_unset(column: str, value: object) -> None:
    patient = PatientFactory(**{column: value})
    assert stored(column, patient.pk) == value
    assert getattr(Patient.objects.get(pk=patient.pk), column) == value


def test_only_isnull_can_be_asked() -> None:
    known = PatientFactory(has_previous_therapy=False)
    unknown = PatientFactory(has_previous_therapy=None)
    assert Patient.objects.get(has_previous_therapy__isnull=True) == unknown
    assert Patient.objects.get(has_previous_therapy__isnull=False) == known


@pytest.mark.parametrize("column", [TEXT, JSON, BOOLEAN, DATE])
@pytest.mark.parametrize("lookup", ["exact", "in", "contains", "gt", "startswith"])
def test_every_other_question_is_refused(column: str, lookup: str) -> None:
    value = ["x"] if lookup == "in" else "x"
    with pytest.raises(FieldError, match=f"{column} is encrypted"):
        Patient.objects.filter(**{f"{column}__{lookup}": value}).exists()


def test_every_encrypted_column_is_text_in_the_database() -> None:
    fields = [field for field in Patient._meta.fields if isinstance(field, EncryptedField)]
    assert {field.db_type(connection) for field in fields} == {"text"}


def test_foreign_key_cannot_read(settings: Any) -> None:
    patient = PatientFactory()
    settings.FIELD_ENCRYPTION_KEYS = [OTHER_KEY]
    with pytest.raises(InvalidToken):
        Patient.objects.get(pk=patient.pk)


def test_first_key_writes_and_all_keys_read(settings: Any) -> None:
    old_key = project_settings.FIELD_ENCRYPTION_KEYS[0]
    before = PatientFactory(diagnosis="F32.1")
    settings.FIELD_ENCRYPTION_KEYS = [OTHER_KEY, old_key]
    after = PatientFactory(diagnosis="F41.0")
    assert set(Patient.objects.in_bulk([before.pk, after.pk])) == {before.pk, after.pk}
    assert Fernet(OTHER_KEY).decrypt(stored(TEXT, after.pk).encode()) == b'"F41.0"'
    assert Fernet(old_key).decrypt(stored(TEXT, before.pk).encode()) == b'"F32.1"'


def test_cipher_is_made_once() -> None:
    assert cipher() is cipher()


def test_blind_index_is_a_keyed_fingerprint(settings: Any) -> None:
    index = blind_index("A123456780")
    assert len(index) == 64
    assert index == blind_index("A123456780") != blind_index("A123456781")
    settings.BLIND_INDEX_KEY = "another key"
    assert blind_index("A123456780") != index


def test_blind_index_of_nothing_is_nothing() -> None:
    assert blind_index("") == ""


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [(JSON, '["x"]', ["x"]), (DATE, "31.01.2026", date(2026, 1, 31)), (TEXT, "F32.1", "F32.1")],
)
def test_form_fields_are_those_of_the_plain_kind(column: str, text: str, value: object) -> None:
    assert Patient._meta.get_field(column).formfield().clean(text) == value
