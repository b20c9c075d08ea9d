"""The document as plain data: what is drawn, kept when it is signed, and fingerprinted.

Everything in it is finished German text, so that a document signed today reads the same when names,
records or this program have changed.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Refused
from apps.matching.enums import EvidenceStatus
from apps.matching.evidence import attachments, wording
from apps.matching.evidence.outcomes import LABELS, OFFERS, Outcome, said, wait_days
from apps.matching.evidence.rows import Row, rows
from apps.matching.evidence.summary import Summary, rule_for, summarise
from apps.matching.models import EvidenceRule, RefusalEvidence
from apps.patients.models import Patient
from apps.therapists.enums import AgeGroup, Seat
from apps.therapists.models import Therapist

VERSION = 1
Content = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """What `pdf` and `sheet` draw. `mark` is written across the pages, "" on a valid signed document."""

    content: Content
    mark: str
    as_of: str
    fingerprint: str

    @property
    def is_signed(self) -> bool:
        return "signature" in self.content


def document(*, evidence: RefusalEvidence, at: datetime) -> Document:
    """A signed one as it was signed, a draft as the rows are now (`at` is printed as its date).

    Raises Refused where the content kept no longer has the fingerprint it was signed with.
    """
    if evidence.content is None:
        content, as_of = gather(evidence=evidence), wording.moment(at)
    else:
        content, as_of = evidence.content, str(evidence.content["signature"]["at"])
        if fingerprint(content) != evidence.content_hash:
            raise Refused(
                _("The content kept no longer fits its fingerprint. Please do not use this document.")
            )
    marks = {EvidenceStatus.DRAFT: wording.DRAFT, EvidenceStatus.VOID: wording.VOID}
    mark = marks.get(EvidenceStatus(evidence.status), "")
    return Document(content=content, mark=mark, as_of=as_of, fingerprint=fingerprint(content))


def fingerprint(content: Content) -> str:
    """SHA-256 (hex) of the content as JSON with sorted keys, UTF-8, without blanks."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def signature(*, by: User, at: datetime) -> dict[str, str]:
    return {"by": by.display_name, "at": wording.moment(at)}


def gather(*, evidence: RefusalEvidence) -> Content:
    """The unsigned content as the rows are now."""
    patient = evidence.patient
    rule = rule_for(patient.insurer)
    found = rows(
        patient=patient,
        first=evidence.period_from,
        last=evidence.period_to,
        longest_wait_weeks=rule.longest_wait_weeks,
    )
    summary = summarise(found, least=rule.least_attempts)
    proven = [row for row in found if not row.gap]
    return {
        "version": VERSION,
        "case_code": patient.case_code,
        "facts": _facts(evidence, patient, rule),
        "summary": _summary(summary, rule),
        "lines": [_line(number, row) for number, row in enumerate(proven, start=1)],
        "gaps": [_line(number, row) for number, row in enumerate((row for row in found if row.gap), start=1)],
        "attachments": attachments.checklist(evidence=evidence, rule=rule, is_reached=summary.is_reached),
    }


def _facts(evidence: RefusalEvidence, patient: Patient, rule: EvidenceRule) -> list[list[str]]:
    period = f"{wording.day(evidence.period_from)} bis {wording.day(evidence.period_to)}"
    kvnr = [["KVNR", patient.kvnr or wording.NOT_STATED]] if rule.shows_kvnr else []
    return [
        ["Versicherte Person", patient.full_name],
        ["Geburtsdatum", wording.day(patient.birth_date)],
        *kvnr,
        ["Krankenkasse", str(patient.insurer) if patient.insurer else wording.NOT_STATED],
        ["Fall", patient.case_code],
        ["Zeitraum", period],
        ["Sprechstunde", wording.day(patient.sprechstunde_on)],
        ["PTV 11", _ptv11(patient)],
        ["Terminservicestelle", _asked(evidence.tss_contacted_on, evidence.tss_result)],
        ["Anfrage bei der Kasse", _asked(evidence.insurer_asked_on, evidence.insurer_answer)],
    ]


def _ptv11(patient: Patient) -> str:
    urgent = {True: ", dringlich", False: ", nicht als dringlich bezeichnet", None: ""}
    return wording.day(patient.ptv11_on) + (urgent[patient.is_ptv11_urgent] if patient.ptv11_on else "")


def _asked(on: Any, answer: str) -> str:
    return f"{wording.day(on)}. Ergebnis: {answer or wording.NOT_STATED}" if on else wording.NOT_STATED


def _summary(summary: Summary, rule: EvidenceRule) -> dict[str, Any]:
    return {
        "sentence": summary.sentence,
        "is_reached": summary.is_reached,
        "requests": summary.requests,
        "therapists": summary.therapists,
        "practices": summary.practices,
        "least": summary.least,
        "longest_wait_weeks": rule.longest_wait_weeks,
        "outcomes": [[label, number] for label, number in summary.outcomes],
    }


def _line(number: int, row: Row) -> dict[str, Any]:
    """The cells of one line, and the codes it was counted by."""
    request, contact, therapist = row.request, row.contact, row.therapist
    practice = row.practice
    days = wait_days(request) if row.outcome in (Outcome.LONG_WAIT, *OFFERS) else None
    has_outcome = not contact.gap
    return {
        "number": number,
        "day": wording.moment(contact.at).partition(",")[0],
        "time": wording.clock(contact.at),
        "channel": _channel(row),
        "therapist": therapist.full_name,
        "practice": practice.name if practice else "",
        "street": practice.street if practice else "",
        "plz": practice.plz if practice else "",
        "city": practice.city if practice else "",
        "seat": wording.SEATS[Seat(therapist.seat)],
        "methods": _methods(therapist),
        "age_groups": _age_groups(therapist),
        "outcome": said(request, row.outcome, contact) if has_outcome else wording.NOTHING,
        "wait_weeks": "" if days is None else wording.decimal(days / 7),
        "distance_km": "" if request.distance_km is None else wording.decimal(request.distance_km),
        "who": contact.who or wording.NOT_STATED,
        "proof": contact.proof,
        "answer_proof": row.answer_proof,
        "is_counted": row.is_counted,
        "remark": row.gap or row.why_not,
        "outcome_code": row.outcome.value if has_outcome else "",
        "request": request.pk,
        "reference": request.inquiry.reference,
    }


def _channel(row: Row) -> str:
    if row.contact.key.startswith("request"):
        return wording.NOTHING
    return "Anruf" if row.contact.is_call else "E-Mail"


def _methods(therapist: Therapist) -> str:
    present = {approval.method for approval in therapist.approvals.all()}
    return _joined([label for code, label in wording.METHODS.items() if code in present])


def _age_groups(therapist: Therapist) -> str:
    present = {approval.age_group for approval in therapist.approvals.all()}
    return _joined([label for code, label in wording.AGE_GROUPS.items() if AgeGroup(code) in present])


def _joined(words: Sequence[str]) -> str:
    return ", ".join(words) or wording.NOT_STATED


def counted_outcomes() -> str:
    return ", ".join(LABELS.values())
