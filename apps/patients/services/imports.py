"""Patients from a file: new ones are registered, known ones completed; running it again changes nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.encryption import blind_index
from apps.core.enums import Salutation
from apps.core.imports.columns import Column, Entry, fold, headings
from apps.core.imports.errors import Problem, RowRejected
from apps.core.imports.names import split_name
from apps.core.imports.reading import read_table
from apps.core.imports.report import Outcome, Report, Result
from apps.core.imports.running import Progress, no_progress, run
from apps.patients.enums import Gender, Purpose
from apps.patients.models import Insurer, Patient, Symptom
from apps.patients.services import consents as consent_services
from apps.patients.services import registration
from apps.patients.services.import_columns import CONSENT_COLUMNS, columns

APART = frozenset(
    {*CONSENT_COLUMNS, "proof", "availability", "house_number", "mobile"}
)  # keys that are no field
NOTHING_SAID = {"salutation": Salutation.NONE, "gender": Gender.NOT_STATED}  # never replace a known one


def import_patients(
    *,
    content: bytes,
    actor: Any,
    at: datetime,
    is_dry_run: bool = False,
    on_progress: Progress = no_progress,
) -> Report:
    """Import a CSV or JSON file of patients row by row. Raises UnusableFile before anything is saved."""
    known_columns = import_columns(today=timezone.localdate(at))
    known_headings = headings(known_columns)
    return run(
        table=read_table(content, is_known=lambda text: fold(text) in known_headings),
        columns=known_columns,
        importer=PatientImport(actor=actor, at=at),
        is_dry_run=is_dry_run,
        on_progress=on_progress,
    )


def import_columns(*, today: date) -> list[Column]:
    symptoms: dict[str, str] = {}
    for code, *names in Symptom.objects.filter(is_active=True).values_list("code", "name_de", "name_en"):
        symptoms |= dict.fromkeys((*names, code), code)
    insurers = {insurer.name: insurer for insurer in Insurer.objects.all()}
    return columns(today=today, insurers=insurers, symptoms=symptoms)


@dataclass(frozen=True)
class Person:
    """What a person is recognised by; names folded, "" and None for what is not known."""

    kvnr_index: str
    email: str
    birth_date: date | None
    first_name: str
    last_name: str
    plz: str

    @property
    def mailbox(self) -> tuple[str, date | None, str]:
        """The first name tells siblings apart who were born on one day and share a mailbox."""
        return self.email, self.birth_date, self.first_name

    @property
    def name(self) -> tuple[str, str, date | None]:
        return self.first_name, self.last_name, self.birth_date


class KnownPatients:
    """Who is registered already, looked up in memory: one query for the whole run."""

    def __init__(self) -> None:
        self.persons: dict[int, Person] = {}
        self.case_codes: dict[int, str] = {}
        self.by_kvnr: dict[str, list[int]] = defaultdict(list)
        self.by_mailbox: dict[tuple[str, date | None, str], list[int]] = defaultdict(list)
        self.by_name: dict[tuple[str, str, date | None], list[int]] = defaultdict(list)
        rows = Patient.objects.order_by("pk").values_list(
            "pk", "case_code", "kvnr_index", "email", "birth_date", "first_name", "last_name", "plz"
        )
        for pk, case_code, kvnr_index, email, born_on, first_name, last_name, plz in rows:
            person = Person(kvnr_index, email.lower(), born_on, fold(first_name), fold(last_name), plz)
            self.add(pk, case_code, person)

    def add(self, pk: int, case_code: str, person: Person) -> None:
        self.persons[pk], self.case_codes[pk] = person, case_code
        self.by_name[person.name].append(pk)
        if person.kvnr_index:
            self.by_kvnr[person.kvnr_index].append(pk)
        if person.email:
            self.by_mailbox[person.mailbox].append(pk)

    def find(self, person: Person) -> int | None:
        """By KVNR, else e-mail and date of birth, else name, date of birth and PLZ.

        Raises RowRejected where several fit or where the row contradicts the record found.
        """
        found = self.by_kvnr.get(person.kvnr_index) or self._by_birth_date(person)
        if len(found) > 1:
            codes = ", ".join(self.case_codes[pk] for pk in found)
            raise RowRejected(Problem("", _("Several patients fit: %(codes)s.") % {"codes": codes}))
        if not found:
            return None
        self._refuse_contradiction(person, found[0])
        return found[0]

    def namesakes(self, person: Person) -> list[str]:
        """Case codes of people with the same name and date of birth."""
        return [self.case_codes[pk] for pk in self.by_name.get(person.name, ())]

    def _by_birth_date(self, person: Person) -> list[int]:
        if person.birth_date is None:
            return []
        if person.email and (found := self.by_mailbox.get(person.mailbox)):
            return found
        same_name = self.by_name.get(person.name, [])
        return [
            pk
            for pk in same_name
            if "" in (person.plz, self.persons[pk].plz) or self.persons[pk].plz == person.plz
        ]

    def _refuse_contradiction(self, person: Person, pk: int) -> None:
        known = self.persons[pk]
        reason = ""
        if person.kvnr_index and known.kvnr_index and person.kvnr_index != known.kvnr_index:
            reason = _("The record of this person (%(code)s) has another KVNR.")
        elif person.birth_date and known.birth_date and person.birth_date != known.birth_date:
            reason = _("The person with this KVNR (%(code)s) has another date of birth.")
        if reason:
            raise RowRejected(Problem("", reason % {"code": self.case_codes[pk]}))


class PatientImport:
    """Takes rows; each person once per file."""

    def __init__(self, *, actor: Any, at: datetime) -> None:
        self.actor = actor
        self.at = at
        self.known = KnownPatients()
        self.loaded: dict[int, Patient] = {}
        self.lines: dict[int, int] = {}

    def prepare(self, entries: Sequence[Entry]) -> None:
        """Load the records the rows will be compared with, in a handful of queries."""
        found = {self._peek(entry) for entry in entries} - {None}
        patients = Patient.objects.select_related("insurer").prefetch_related("availability", "consents")
        self.loaded = patients.in_bulk(list(found))

    def take(self, entry: Entry) -> Outcome:
        values, notes = _tidied(entry.values)
        person = _person(values)
        pk = self.known.find(person)
        if pk is None:
            notes += self._namesake_notes(person)
            patient = self._register(values)
            self.known.add(patient.pk, patient.case_code, person)
            self.lines[patient.pk] = entry.line
            return Outcome(Result.NEW, notes)
        if (line := self.lines.get(pk)) is not None:
            raise RowRejected(Problem("", _("This person is in line %(line)s already.") % {"line": line}))
        is_changed = self._complete(self.loaded[pk], values)
        self.lines[pk] = entry.line
        return Outcome(Result.CHANGED if is_changed else Result.UNCHANGED, notes)

    def _peek(self, entry: Entry) -> int | None:
        try:
            values, _notes = _tidied(entry.values)
            return self.known.find(_person(values))
        except RowRejected:
            return None

    def _namesake_notes(self, person: Person) -> tuple[str, ...]:
        text = _("Perhaps the same person as %(code)s: same name and date of birth, but another PLZ.")
        return tuple(text % {"code": code} for code in self.known.namesakes(person))

    def _register(self, values: Mapping[str, Any]) -> Patient:
        return registration.register(
            data=_fields(values),
            actor=self.actor,
            at=self.at,
            availability=values.get("availability", ()),
            consents=_consents(values),
            proof=values.get("proof", ""),
        )

    def _complete(self, patient: Patient, values: Mapping[str, Any]) -> bool:
        """Save what the row says and the record does not; tells whether there was anything."""
        changes = {name: value for name, value in _fields(values).items() if _differs(patient, name, value)}
        if changes:
            registration.update(patient=patient, changes=changes, actor=self.actor, at=self.at)
        hours = values.get("availability", [])
        is_other_week = hours not in ([], [row.interval for row in patient.availability.all()])
        if is_other_week:
            registration.set_availability(patient=patient, intervals=hours, at=self.at)
        return bool(self._give_consents(patient, values)) or bool(changes) or is_other_week

    def _give_consents(self, patient: Patient, values: Mapping[str, Any]) -> list[Purpose]:
        """A consent in force stays as it is; one withdrawn since the day in the file stays withdrawn."""
        past = list(patient.consents.all())
        settled = {
            purpose
            for purpose, on in _consents(values).items()
            for row in past
            if row.purpose == purpose and (row.withdrawn_on is None or row.withdrawn_on >= on)
        }
        new = {purpose: on for purpose, on in _consents(values).items() if purpose not in settled}
        proof = values.get("proof", "")
        consent_services.give_several(patient=patient, days=new, proof=proof, at=self.at)
        return list(new)


def _tidied(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values with first and last name and one phone number, and what was left out on the way.

    "Frau Dr. Mira Beispiel" is split where no first name is given. Raises RowRejected where there is none.
    """
    tidy, notes = dict(values), []
    if "first_name" not in tidy:
        name = split_name(tidy["last_name"])
        if not name.first_name or not name.last_name:
            raise RowRejected(Problem("", _("The first name is missing.")))
        tidy |= {"first_name": name.first_name, "last_name": name.last_name}
        tidy.setdefault("salutation", name.salutation or Salutation.NONE)
        if name.title:
            notes.append(_("The title “%(title)s” was left out.") % {"title": name.title})
    if "mobile" in tidy and tidy.setdefault("phone", tidy["mobile"]) != tidy["mobile"]:
        notes.append(_("There is room for one number: the mobile number was left out."))
    return tidy, tuple(notes)


def _person(values: Mapping[str, Any]) -> Person:
    """Raises RowRejected where nobody could be recognised on a second run."""
    person = Person(
        kvnr_index=blind_index(values.get("kvnr", "")),
        email=values.get("email", ""),
        birth_date=values.get("birth_date"),
        first_name=fold(values["first_name"]),
        last_name=fold(values["last_name"]),
        plz=values.get("plz", ""),
    )
    if not person.kvnr_index and person.birth_date is None:
        raise RowRejected(Problem("", _("A KVNR or a date of birth is needed to recognise the person.")))
    return person


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are fields of the record; street and house number are one."""
    fields = {name: value for name, value in values.items() if name not in APART}
    if "street" in fields and "house_number" in values:
        fields["street"] = f"{fields['street']} {values['house_number']}"
    return fields


def _differs(patient: Patient, name: str, value: Any) -> bool:
    known = getattr(patient, name)
    if value == NOTHING_SAID.get(name):
        return False
    return set(known) != set(value) if isinstance(value, list) else known != value


def _consents(values: Mapping[str, Any]) -> dict[Purpose, date]:
    return {purpose: values[key] for key, purpose in CONSENT_COLUMNS.items() if key in values}
