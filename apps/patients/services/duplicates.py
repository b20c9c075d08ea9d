"""Finding patients who are on record twice: everybody at night, somebody new at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from apps.core import contacts
from apps.core.encryption import blind_index
from apps.core.enums import MergeKind
from apps.core.merging import blocking, suggestions
from apps.core.merging.kinds import Text
from apps.core.merging.likeness import FirstName, LastName, street_key
from apps.core.merging.suggestions import Found
from apps.patients import checks, duplicates, selectors
from apps.patients.enums import PatientStatus
from apps.patients.models import Patient

S = PatientStatus
ENDED = (S.THERAPY_COMPLETED, S.THERAPY_DISCONTINUED, S.SEARCH_CANCELLED)
LOOKED_AT = ("email", "phone", "first_name", "last_name", "birth_date", "kvnr")
COLUMNS = ("last_name", "first_name", "birth_date", "kvnr_index", "email", "phone", "plz", "street")


def scan(*, at: datetime) -> int:
    """Compare everybody; returns how many pairs are new. Suggestions that no longer hold disappear."""
    return suggestions.record(kind=MergeKind.PATIENT, found=list(find(columns(Q()))), at=at)


def look_around(*, patient_id: int, at: datetime) -> int:
    """Compare one patient with everybody who has a contact, a number, the birthday or the name in common."""
    own = columns(Q(pk=patient_id)).get(patient_id)
    if own is None:
        return 0
    around = columns(Q(pk=patient_id) | near(own))
    found = [one for one in find(around) if patient_id in (one.first, one.second)]
    return suggestions.record(kind=MergeKind.PATIENT, found=found, at=at, around={patient_id})


def find(people: dict[int, duplicates.Patient]) -> Iterator[Found]:
    for first, second in blocking.pairs({pk: list(one.keys()) for pk, one in people.items()}):
        verdict = duplicates.compare(people[first], people[second])
        if verdict.is_suggested:
            yield Found(first, second, verdict.score, verdict.reasons)


@dataclass(frozen=True)
class Double:
    """Somebody on record who may be the person in the form."""

    patient: Patient
    codes: tuple[str, ...]

    @property
    def reasons(self) -> list[Text]:
        return [duplicates.SENTENCES[code] for code in self.codes]

    @property
    def has_ended(self) -> bool:
        """The former case is over: the person may simply be back."""
        return self.patient.status in ENDED


def in_form(data: Mapping[str, Any]) -> list[Double]:
    """Who may be the person just typed: the same contact, KVNR or name, or alike enough (`duplicates`)."""
    asked = {name: data.get(name) or "" for name in LOOKED_AT} | {"birth_date": data.get("birth_date")}
    typed = person_of(
        asked["last_name"],
        asked["first_name"],
        asked["birth_date"],
        blind_index(checks.normalise_kvnr(asked["kvnr"])),
        contacts.email(asked["email"]),
        contacts.phone_or_empty(asked["phone"]),
        data.get("plz") or "",
        data.get("street") or "",
    )
    verdicts = {pk: duplicates.compare(typed, one) for pk, one in columns(near(typed)).items()}
    sure = set(selectors.find_duplicates(**asked).values_list("pk", flat=True))
    verdicts |= {
        pk: duplicates.compare(typed, one) for pk, one in columns(Q(pk__in=sure - verdicts.keys())).items()
    }
    ids = sure | {pk for pk, verdict in verdicts.items() if verdict.is_suggested}
    rows = Patient.objects.filter(pk__in=ids).defer(*selectors.LIST_DEFERS)
    return [Double(row, verdicts[row.pk].reasons) for row in rows.order_by("last_name", "first_name", "id")]


def near(one: duplicates.Patient) -> Q:
    """Everybody worth comparing with somebody: something in common, or the beginning of the last name."""
    found = Q(pk__in=[])
    for name in ("kvnr_index", "phone", "birth_date"):
        if value := getattr(one, name):
            found |= Q(**{name: value})
    if one.email:
        found |= Q(email__iexact=one.email)
    beginnings = {part[:1] for part in one.last.parts}
    for beginning in beginnings:
        found |= Q(last_name__istartswith=beginning, first_name__istartswith=one.first.initial)
    return found


def columns(condition: Q) -> dict[int, duplicates.Patient]:
    """By id, as they are compared: nothing of it is decrypted."""
    rows = Patient.objects.filter(condition).order_by("pk").values_list("pk", *COLUMNS)
    return {pk: person_of(*values) for pk, *values in rows}


def person_of(
    last: str, first: str, born: date | None, kvnr_index: str, email: str, phone: str, plz: str, street: str
) -> duplicates.Patient:
    return duplicates.Patient(
        last=LastName.of(last),
        first=FirstName.of(first),
        birth_date=born,
        kvnr_index=kvnr_index,
        email=email.lower(),
        phone=phone,
        plz=plz,
        street=street_key(street),
    )
