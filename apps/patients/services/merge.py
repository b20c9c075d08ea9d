"""Two records of one patient become one: what is chosen, the stricter consent, one status."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.contacts import readable_phone
from apps.core.enums import Language, MergeKind, Method
from apps.core.merging import kinds, story
from apps.core.merging.authors import hand_edited
from apps.core.merging.kinds import Brief, Choice, Kind, SetChoice
from apps.core.merging.ledger import Row
from apps.core.merging.relations import Relation
from apps.core.merging.rules import (
    BOTH,
    OTHER,
    Pair,
    Work,
    earliest,
    latest,
    move_all,
    objects_to,
    rows_of,
    rows_of_both,
    rule_for,
)
from apps.core.merging.sides import week_text
from apps.core.templatetags.ui import labels
from apps.core.timeline import PATIENT
from apps.core.transitions import write_history
from apps.core.weekly import join
from apps.events.services import publish
from apps.patients.duplicates import SENTENCES
from apps.patients.enums import PatientStatus
from apps.patients.models import Availability, Consent, Patient
from apps.patients.selectors import LIST_DEFERS, symptom_names

S = PatientStatus
PAGES = ("/patients/", "/admin/patients/")
PLACE = ("street", "plz", "city", "latitude", "longitude", "precision")
STANDING = (  # the status that says most about what is going on wins; the rest is history
    S.SEARCHING,
    S.IN_THERAPY,
    S.THERAPY_COMPLETED,
    S.THERAPY_DISCONTINUED,
    S.SEARCH_CANCELLED,
    S.OPEN,
)
NAMES = (
    *("salutation", "gender", "first_name", "last_name", "birth_date", "email", "preferred_channel"),
    *("insurance_kind", "insurer", "gp_name", "gp_contact", "referrer"),
    *("diagnosis", "complaints", "complaints_since", "reason_now", "previous_treatments"),
    *("has_previous_therapy", "previous_therapy_last_session_on", "previous_therapy_method"),
    *("inpatient_treatment", "physical_illnesses", "medication", "stressors", "support_systems"),
    *("expectations", "therapy_goals", "occupation", "marital_status"),
    *("contracts_signed_on", "sprechstunde_on", "ptv11_on", "is_ptv11_urgent", "referral_code"),
    *("payment_reference", "payment_received_on"),
    *("wished_gender", "group_wish", "is_diga_accepted", "travel_mode"),
    *("max_distance_km", "max_travel_minutes"),
)


def _choices() -> list[Choice]:
    fields = {field.name: field for field in Patient._meta.concrete_fields}

    def one(name: str, show: Any = None, *more: str) -> Choice:
        return Choice(name, fields[name].verbose_name, (name, *more), show)

    return [
        *(one(name) for name in NAMES[:5]),
        Choice("place", gettext_lazy("address and place"), PLACE, _place_text),
        one("phone", lambda patient: readable_phone(patient.phone)),
        *(one(name) for name in NAMES[5:9]),
        one("kvnr", lambda patient: str(patient.kvnr or ""), "kvnr_index"),
        *(one(name) for name in NAMES[9:]),
        one("symptoms", lambda patient: ", ".join(symptom_names(codes=patient.symptoms or []))),
        one("wished_methods", lambda patient: labels(patient.wished_methods, Method)),
        one("languages", lambda patient: labels(patient.languages, Language)),
    ]


def _place_text(patient: Patient) -> str:
    return ", ".join(filter(None, (patient.street, f"{patient.plz} {patient.city}".strip())))


def _week_text(patient: Patient) -> str:
    return week_text(sorted(row.interval for row in patient.availability.all()))


@rule_for("patients.Availability.patient", keeps=("availability_no_overlap",))
def availability(pair: Pair, relation: Relation) -> None:
    side, ledger = pair.work.choices["availability"], pair.work.ledger
    mine, theirs = (list(rows_of(relation, pk)) for pk in (pair.kept, pair.dropped))
    if side == BOTH:
        ledger.delete(Availability, [row.pk for row in (*mine, *theirs)])
        for day, start, end in join(row.interval for row in (*mine, *theirs)):
            ledger.insert(Availability(patient_id=pair.kept, weekday=day, start_minute=start, end_minute=end))
        return
    ledger.delete(Availability, [row.pk for row in (mine if side == OTHER else theirs)])
    move_all(pair, relation)


@rule_for("patients.Consent.patient", keeps=("consent_one_in_force",))
def consents(pair: Pair, relation: Relation) -> None:
    """Of two consents in force the one given first stays; a later withdrawal on either side ends both."""
    rows = [*rows_of(relation, pair.kept), *rows_of(relation, pair.dropped)]
    for purpose in sorted({row.purpose for row in rows}):
        _settle_consents(pair, [row for row in rows if row.purpose == purpose])
    move_all(pair, relation)


def _settle_consents(pair: Pair, rows: list[Consent]) -> None:
    ledger = pair.work.ledger
    in_force = sorted(
        (row for row in rows if row.withdrawn_on is None), key=lambda row: (row.given_on, row.pk)
    )
    ends = [row.withdrawn_on for row in rows if row.withdrawn_on is not None]
    for row in in_force:
        if ends and row.given_on <= max(ends):
            ledger.update(Consent, row.pk, {"withdrawn_on": max(ends).isoformat()})
    standing = [row for row in in_force if not ends or row.given_on > max(ends)]
    ledger.delete(Consent, [row.pk for row in standing[1:]])


def _settle(work: Work) -> None:
    """Dates of the case: the first start, the first place, the last contact; one status."""
    kept, other = rows_of_both(work)
    known = {"kept": [kept], "other": [other], "both": [kept, other]}[work.choices["availability"]]
    values = {
        "status": _status(kept, other),
        "started_on": earliest(kept["started_on"], other["started_on"]),
        "first_place_on": earliest(kept["first_place_on"], other["first_place_on"]),
        "place_confirmed_on": latest(kept["place_confirmed_on"], other["place_confirmed_on"]),
        "last_contact_at": latest(kept["last_contact_at"], other["last_contact_at"]),
        "is_availability_known": any(row["is_availability_known"] for row in known),
    }
    work.memo["old_status"] = kept["status"]
    work.ledger.update(Patient, work.kept, values)


def _status(kept: Row, other: Row) -> str:
    return str(min((kept["status"], other["status"]), key=lambda status: STANDING.index(S(status))))


def _after(work: Work) -> None:
    patient = Patient.objects.get(pk=work.kept)
    if patient.status != work.memo["old_status"]:
        reason = _("Merged with record #%(pk)s, which was in this state.") % {"pk": work.dropped}
        old = work.memo["old_status"]
        write_history(patient, old=old, new=patient.status, actor=work.actor, at=work.at, reason=reason)


def _done(*, kept_id: int, other_id: int, at: datetime, is_undo: bool) -> None:
    for pk in (kept_id, other_id) if is_undo else (kept_id,):
        publish(type="patient.wishes_changed", subject_id=pk, at=at, payload={"changed": ["merged"]})
    if not is_undo:
        values = {"from": str(other_id), "to": str(kept_id)}
        publish(type="patient.merged", subject_id=kept_id, at=at, payload=values)


@objects_to(MergeKind.PATIENT)
def different_kvnr(kept: int, dropped: int) -> Iterator[str]:
    """A number of the insured is one person's for life."""
    numbers = Patient.objects.filter(pk__in=[kept, dropped]).exclude(kvnr_index="")
    if len(set(numbers.values_list("kvnr_index", flat=True))) > 1:
        yield _("The two records have different KVNRs, so they are two people. Correct a wrong number first.")


def _warnings(kept: Patient, other: Patient) -> list[str]:
    found = []
    if kept.birth_date and other.birth_date and kept.birth_date != other.birth_date:
        found.append(_("The dates of birth differ. Are they really one person?"))
    if kept.case_code != other.case_code:
        text = _("The case code %(kept)s stays; whoever writes of %(other)s is still found under it.")
        found.append(text % {"kept": kept.case_code, "other": other.case_code})
    return found


def _load(pk: int) -> Patient | None:
    rows = Patient.objects.select_related("insurer").prefetch_related("availability", "consents")
    return rows.filter(pk=pk).first()


def _briefs(ids: Collection[int]) -> dict[int, Brief]:
    rows = Patient.objects.filter(pk__in=ids).defer(*LIST_DEFERS)
    return {one.pk: _brief(one) for one in rows}


def _brief(patient: Patient) -> Brief:
    born = date_format(patient.birth_date, "SHORT_DATE_FORMAT") if patient.birth_date else ""
    lines = [
        ", ".join(filter(None, (born, _place_text(patient)))),
        ", ".join(filter(None, (readable_phone(patient.phone), patient.email))),
        str(patient.get_status_display()),
    ]
    label = f"{patient} ({patient.case_code})"
    return Brief(label, [line for line in lines if line], patient.get_absolute_url())


KIND = Kind(
    name=MergeKind.PATIENT,
    model=Patient,
    choices=_choices(),
    sets=[SetChoice("availability", gettext_lazy("weekly availability"), _week_text)],
    settle=_settle,
    after=_after,
    done=_done,
    load=_load,
    label=lambda one: f"{one} ({one.case_code})",
    url=lambda pk: Patient(pk=pk).get_absolute_url(),
    route="patients/<int:pk>/",
    is_confirmed=lambda one: one.status != S.OPEN,
    hand_edited=lambda one: hand_edited(one, PAGES),
    alias=lambda one: str(one.case_code),
    warnings=_warnings,
    briefs=_briefs,
    sentences=SENTENCES,
)
kinds.register(KIND)
story.tell(PATIENT, MergeKind.PATIENT)
