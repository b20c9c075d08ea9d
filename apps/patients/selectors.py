"""Reading patients: prerequisites, consents, duplicates, the list."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from apps.core import contacts
from apps.core.encryption import blind_index
from apps.core.enums import MergeKind
from apps.core.models import MergeRecord
from apps.core.parameters import Parameters, current
from apps.core.weekly import Interval, total_minutes
from apps.patients import checks, prerequisites
from apps.patients.models import CLINICAL_FIELDS, Consent, Patient, Symptom
from apps.patients.prerequisites import Prerequisite, age_on, is_within_two_years

__all__ = ["Missing", "Prerequisite", "age_on", "is_within_two_years"]

Missing = Prerequisite  # what `missing_prerequisites` returns: code, label, is_blocking, page, field

CASE_CODE = re.compile(r"[A-Z0-9]{3}-[A-Z0-9]{3}")
# Decrypting costs; these are the only secret columns the prerequisites look at.
DECIDING_SECRETS = frozenset(
    {"diagnosis", "symptoms", "has_previous_therapy", "previous_therapy_last_session_on"}
)
LIST_DEFERS = sorted({*CLINICAL_FIELDS, "kvnr", "referral_code"} - DECIDING_SECRETS)


def with_availability(*, patients: QuerySet[Patient] | None = None) -> QuerySet[Patient]:
    """The weekly hours come along: one more query however many patients."""
    queryset = Patient.objects.all() if patients is None else patients
    return queryset.prefetch_related("availability")


def weekly_intervals(*, patient: Patient) -> list[Interval] | None:
    """The weekly availability by day and time; None while it is not known."""
    if not patient.is_availability_known:
        return None
    return [row.interval for row in patient.availability.all()]


def patient_list() -> QuerySet[Patient]:
    """Rows of the list, with all that `missing_prerequisites` needs: two more queries, few decryptions."""
    queryset = with_availability().prefetch_related("consents").select_related("insurer")
    return queryset.defer(*LIST_DEFERS).order_by("last_name", "first_name", "id")


def find(*, text: str, patients: QuerySet[Patient]) -> QuerySet[Patient]:
    """Every word must be found in name, case code, PLZ or town; or all of it is an e-mail, phone or KVNR."""
    if not text.strip():
        return patients
    words = Q()
    for word in text.split():
        words &= _word(word)
    return patients.filter(words | _exact(text))


def missing_prerequisites(
    *, patient: Patient, today: date, parameters: Parameters | None = None
) -> list[Prerequisite]:
    """What is not there (blocking) and what a coordinator should know (warnings)."""
    rows = checklist(patient=patient, today=today, parameters=parameters)
    return [row for row in rows if not row.is_met]


def checklist(*, patient: Patient, today: date, parameters: Parameters | None = None) -> list[Prerequisite]:
    """Every prerequisite, met or not, and the warnings that apply.

    Reads consents and availability (prefetch them for many patients) and, unless given, the parameters.
    """
    values = parameters or parameters_on(today)
    return prerequisites.check(
        prerequisites.Facts(
            patient=patient,
            today=today,
            consents={consent.purpose for consent in consents_in_force(patient=patient, on=today)},
            minutes=total_minutes(row.interval for row in patient.availability.all()),
            least_weekly_hours=values.least_weekly_hours,
            window_months=values.two_year_window_months,
        )
    )


def is_ready(*, patient: Patient, today: date, parameters: Parameters) -> bool:
    """Whether nothing stands against beginning a search."""
    missing = missing_prerequisites(patient=patient, today=today, parameters=parameters)
    return not any(row.is_blocking for row in missing)


def ready_ids(*, patients: QuerySet[Patient], today: date) -> list[int]:
    """Ids of those whose prerequisites are complete. Encrypted columns cannot be asked in SQL."""
    parameters = parameters_on(today)
    return [row.pk for row in patients if is_ready(patient=row, today=today, parameters=parameters)]


def parameters_on(today: date) -> Parameters:
    """The operating parameters in force at the end of the day."""
    return current(at=timezone.make_aware(datetime.combine(today, time.max)))


def consents_in_force(*, patient: Patient, on: date) -> list[Consent]:
    """A consent holds from the day it was given until the day before its withdrawal."""
    return [consent for consent in patient.consents.all() if consent_holds(consent=consent, on=on)]


def has_consent(*, patient_id: int, purpose: str, on: date) -> bool:
    rows = Consent.objects.filter(patient_id=patient_id, purpose=purpose, given_on__lte=on)
    return rows.filter(Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=on)).exists()


def patients_with_consent(*, patient_ids: Iterable[int], purpose: str, on: date) -> set[int]:
    """Those of the patients who agree to this purpose on that day: one query."""
    rows = Consent.objects.filter(patient_id__in=set(patient_ids), purpose=purpose, given_on__lte=on)
    in_force = rows.filter(Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=on))
    return set(in_force.values_list("patient_id", flat=True))


def find_duplicates(
    *,
    email: str = "",
    phone: str = "",
    first_name: str = "",
    last_name: str = "",
    birth_date: date | None = None,
    kvnr: str = "",
) -> QuerySet[Patient]:
    """Who might be the same person: same KVNR, e-mail or phone, or same name and no other date of birth."""
    same = Q(pk__in=[])
    if number := checks.normalise_kvnr(kvnr):
        same |= Q(kvnr_index=blind_index(number))
    if address := contacts.email(email):
        same |= Q(email__iexact=address)
    if number := contacts.phone_or_empty(phone):
        same |= Q(phone=number)
    if first_name.strip() and last_name.strip():
        same |= _same_name(first_name.strip(), last_name.strip(), birth_date)
    return Patient.objects.filter(same).defer(*LIST_DEFERS).order_by("last_name", "first_name", "id")


def symptom_codes() -> set[str]:
    return set(Symptom.objects.values_list("code", flat=True))


def symptom_choices(*, chosen: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Code and name in the language of the page: those in use and those this patient has already."""
    column = "name_de" if (get_language() or "de").startswith("de") else "name_en"
    rows = Symptom.objects.filter(Q(is_active=True) | Q(code__in=list(chosen)))
    return sorted(rows.values_list("code", column), key=lambda row: _alphabetical(row[1]))


def symptom_names(*, codes: Iterable[str]) -> list[str]:
    """The names in the order of the codes; a code no longer in the list stands for itself."""
    names = dict(symptom_choices(chosen=codes))
    return [names.get(code, code) for code in codes]


def _alphabetical(text: str) -> str:
    """Capitals and umlauts sort with their letters, whatever the database's collation."""
    return unicodedata.normalize("NFKD", text.casefold())


def consent_holds(*, consent: Consent, on: date) -> bool:
    return consent.given_on <= on and (consent.withdrawn_on is None or consent.withdrawn_on > on)


def _word(word: str) -> Q:
    columns = ("first_name", "last_name", "case_code", "city")
    hit = Q(plz__startswith=word) | _merged_with(word)
    for column in columns:
        hit |= Q(**{f"{column}__icontains": word})
    return hit


def _merged_with(word: str) -> Q:
    """A case code of a record that has become part of another one is still known outside."""
    if not CASE_CODE.fullmatch(word.upper()):
        return Q(pk__in=[])
    merges = MergeRecord.objects.filter(kind=MergeKind.PATIENT, alias=word.upper(), undone_at=None)
    return Q(pk__in=merges.values("kept_id"))


def _exact(text: str) -> Q:
    hit = Q(email__iexact=contacts.email(text)) & ~Q(email="")
    if number := contacts.phone_or_empty(text):
        hit |= Q(phone=number)
    if checks.is_valid_kvnr(number := checks.normalise_kvnr(text)):
        hit |= Q(kvnr_index=blind_index(number))
    return hit


def _same_name(first_name: str, last_name: str, birth_date: date | None) -> Q:
    name = Q(first_name__iexact=first_name, last_name__iexact=last_name)
    if birth_date is None:
        return name
    return name & (Q(birth_date=birth_date) | Q(birth_date__isnull=True))
