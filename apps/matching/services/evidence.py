"""Documents of refusal evidence: made, corrected, signed off by a person, declared void."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Refused, StaleState
from apps.core.transitions import lock, move, record_start, write_history
from apps.matching.enums import EvidenceStatus
from apps.matching.evidence import content as contents
from apps.matching.models import RefusalEvidence
from apps.patients.models import Patient


@dataclass(frozen=True)
class Stated:
    """What a person states: the period, and what was asked of the Terminservicestelle and the insurer."""

    period_from: date
    period_to: date
    tss_contacted_on: date | None = None
    tss_result: str = ""
    insurer_asked_on: date | None = None
    insurer_answer: str = ""

    def __post_init__(self) -> None:
        if self.period_to < self.period_from:
            raise Refused(_("The period must end after it begins."))


@transaction.atomic
def create(*, patient: Patient, stated: Stated, actor: Any, at: datetime) -> RefusalEvidence:
    evidence = RefusalEvidence.objects.create(patient=patient, created_by=actor, **vars(stated))
    record_start(evidence, actor=actor, at=at)
    return evidence


@transaction.atomic
def correct(*, evidence: RefusalEvidence, stated: Stated, actor: Any, at: datetime) -> RefusalEvidence:
    """Change what was stated in a draft. Raises StaleState once it is signed or void."""
    fresh = lock(evidence)
    if fresh.status != EvidenceStatus.DRAFT:
        raise StaleState()
    values = vars(stated)
    changed = [name for name, value in values.items() if getattr(fresh, name) != value]
    for name in changed:
        setattr(fresh, name, values[name])
    if changed:
        fresh.save(update_fields=[*changed, "updated_at"])
        write_history(
            fresh, old=fresh.status, new=fresh.status, actor=actor, at=at, reason=", ".join(sorted(changed))
        )
    return fresh


@transaction.atomic
def sign(*, evidence: RefusalEvidence, seen: str, actor: Any, at: datetime) -> RefusalEvidence:
    """A person answers for the document: its content is kept as it is now and never changes again.

    `seen` is the fingerprint of the draft the person looked at. Raises StaleState where the facts have
    changed since, Refused where there is nothing to prove.
    """
    fresh = lock(evidence)
    if fresh.status != EvidenceStatus.DRAFT:
        raise StaleState()
    content = contents.gather(evidence=fresh)
    if contents.fingerprint(content) != seen:
        raise StaleState(_("The facts have changed since you looked at the draft. Please look again."))
    if not content["lines"]:
        raise Refused(_("There is no proven contact in this period. Nothing can be signed off."))
    signed = {**content, "signature": contents.signature(by=actor, at=at)}
    fields = {
        "content": signed,
        "content_hash": contents.fingerprint(signed),
        "signed_by": actor,
        "signed_at": at,
    }
    return move(fresh, to=EvidenceStatus.SIGNED, actor=actor, at=at, fields=fields)


def void(*, evidence: RefusalEvidence, reason: str, actor: Any, at: datetime) -> RefusalEvidence:
    """The document is not to be used any more; it stays, with the reason."""
    if not reason.strip():
        raise Refused(_("Please say why the document is void."))
    return move(evidence, to=EvidenceStatus.VOID, actor=actor, at=at, reason=reason.strip())
