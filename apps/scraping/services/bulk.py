""" "Take all of this run", after a preview: in the background, one record a transaction.

Never in it: changes of values that are kept by hand, records with doubts or without what a therapist needs,
unclear ones. They wait for a person.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import DomainError, Refused
from apps.events import bell
from apps.scraping.enums import BulkKind, Standing
from apps.scraping.models import BulkDecision, ChangeProposal, DirectoryRecord, ImportRun
from apps.scraping.recognition import People
from apps.scraping.selectors import review
from apps.scraping.services import decisions, recognising

log = structlog.get_logger(__name__)

CHUNK = 50
LOST_AFTER = timedelta(minutes=5)
SAMPLES = 20
Item = ChangeProposal | DirectoryRecord


@dataclass(frozen=True)
class Preview:
    """What a decision would take, per field, what it would leave out, and the first few to look at."""

    taken: int
    left_out: int
    per_field: dict[str, int]
    samples: Sequence[Item]


def preview(*, run: ImportRun, what: BulkKind, only: Iterable[str] = ()) -> Preview:
    taken = _eligible(run, what, list(only))
    waiting = _waiting(run, what).count()
    count = taken.count()
    fields = Counter(taken.values_list("field", flat=True)) if what == BulkKind.CHANGES else Counter()
    return Preview(count, waiting - count, dict(fields.most_common()), list(taken.order_by("pk")[:SAMPLES]))


@transaction.atomic
def decide(
    *, run: ImportRun, what: BulkKind, only: Iterable[str] = (), actor: User, at: datetime
) -> BulkDecision:
    """Have all of it taken. Raises Refused where such a decision is under way or there is nothing to take."""
    fields = list(only)
    total = _eligible(run, what, fields).count()
    if not total:
        raise Refused(_("There is nothing to take over."))
    try:
        with transaction.atomic():
            decision = BulkDecision.objects.create(
                run=run, what=what, only=fields, total=total, decided_by=actor
            )
    except IntegrityError as error:
        raise Refused(_("This run is being taken over already.")) from error
    bell.ring("scraping.work_off_decisions")
    return decision


def cancel(*, decision: BulkDecision) -> None:
    """It ends after its present record; what was taken stays."""
    BulkDecision.objects.filter(pk=decision.pk, ended_at__isnull=True).update(is_cancel_wished=True)


def work_off(*, clock: Callable[[], datetime]) -> int:
    """Work on every decision nobody else works on; how many records were taken."""
    taken = 0
    while decision := _take_up(clock()):
        taken += _work(decision, clock)
    return taken


@transaction.atomic
def _take_up(at: datetime) -> BulkDecision | None:
    free = Q(alive_at__isnull=True) | Q(alive_at__lt=at - LOST_AFTER)
    rows = BulkDecision.objects.select_for_update(skip_locked=True, of=("self",))
    decision = (
        rows.filter(free, ended_at__isnull=True).select_related("run", "decided_by").order_by("id").first()
    )
    if decision is not None:
        decision.alive_at = at
        decision.save(update_fields=["alive_at", "updated_at"])
    return decision


def _work(decision: BulkDecision, clock: Callable[[], datetime]) -> int:
    """In the order of the ids, each looked at once: what fails is left out and stays open."""
    people = recognising.people_on_file() if decision.what == BulkKind.NEW else People()
    taken, last = 0, 0
    while items := _next(decision, last):
        for item in items:
            taken += _take(decision, item, people, clock())
        last = items[-1].pk
        if _is_cancelled(decision, clock()):
            break
    BulkDecision.objects.filter(pk=decision.pk).update(ended_at=clock())
    return taken


def _next(decision: BulkDecision, last: int) -> list[Item]:
    eligible = _eligible(decision.run, BulkKind(decision.what), decision.only)
    return list(eligible.filter(pk__gt=last).order_by("pk")[:CHUNK])


def _is_cancelled(decision: BulkDecision, at: datetime) -> bool:
    BulkDecision.objects.filter(pk=decision.pk).update(alive_at=at)
    decision.refresh_from_db(fields=["is_cancel_wished"])
    return decision.is_cancel_wished


def _take(decision: BulkDecision, item: Item, people: People, at: datetime) -> int:
    try:
        with transaction.atomic():
            is_taken = _taken(item, people, decision.decided_by, at)
            counter = "done" if is_taken else "left_out"
            BulkDecision.objects.filter(pk=decision.pk).update(**{counter: F(counter) + 1})
    except (DomainError, ValidationError) as error:
        log.info("bulk_left_out", decision_id=decision.pk, item_id=item.pk, error=type(error).__name__)
        BulkDecision.objects.filter(pk=decision.pk).update(left_out=F("left_out") + 1)
        return 0
    return int(is_taken)


def _taken(item: Item, people: People, actor: Any, at: datetime) -> bool:
    if isinstance(item, ChangeProposal):
        decisions.accept(proposal=item, actor=actor, at=at)
        return True
    return _taken_new(item, people, actor, at)


def _taken_new(record: DirectoryRecord, people: People, actor: Any, at: datetime) -> bool:
    """A record before it may have been of the same person, at another address: then it belongs to them."""
    face = recognising.face_of(record)
    answer = people.recognise(face)
    if answer.person is not None:
        return bool(recognising.link_many([(record, answer)]))
    if answer.candidates:
        DirectoryRecord.objects.filter(pk=record.pk).update(standing=Standing.UNCLEAR)
        return False
    therapist = decisions.take_new(record=record, actor=actor, at=at)
    people.add(therapist.pk, face)
    return True


def _waiting(run: ImportRun, what: BulkKind) -> QuerySet[Any]:
    return review.open_proposals(run=run) if what == BulkKind.CHANGES else review.waiting_records(run=run)


def _eligible(run: ImportRun, what: BulkKind, only: list[str]) -> QuerySet[Any]:
    rows = _waiting(run, what)
    if what == BulkKind.NEW:
        return rows.filter(standing=Standing.NEW, doubts=[]).exclude(first_name="")
    rows = rows.filter(is_hand_kept=False, record__doubts=[]).select_related("therapist", "practice")
    return rows.filter(field__in=only) if only else rows
