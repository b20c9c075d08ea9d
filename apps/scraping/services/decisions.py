"""A person's word on what a source says: proposals accepted or refused, new records taken or declined."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Refused, StaleState
from apps.core.weekly import Interval
from apps.events.services import publish
from apps.geocoding.enums import Precision
from apps.scraping.enums import ProposalStatus, Standing
from apps.scraping.models import ChangeProposal, DirectoryRecord, FieldOrigin
from apps.scraping.recognition import Answer
from apps.scraping.selectors import review
from apps.scraping.services import recognising
from apps.scraping.services.proposing import FIELDS, WORKPLACE, workplace_said
from apps.therapists.enums import HoursKind
from apps.therapists.models import Practice, Therapist
from apps.therapists.services import records, status


def accept(*, proposal: ChangeProposal, actor: Any, at: datetime) -> None:
    """Take the value over. Raises StaleState where it was decided already or the record has changed since.

    In the second case the proposal shows the present value afterwards, to be decided again. The same
    value proposed for a practice by a colleague's record is accepted with it.
    """
    if _bring_up_to_date(proposal):
        raise StaleState(_("The record was changed in the meantime; please look at it again."))
    _accept(proposal, actor, at)


@transaction.atomic
def accept_seen(*, proposal: ChangeProposal, present: Any, actor: Any, at: datetime) -> None:
    """As `accept`, for who has just read what is on record (`present_value`), whatever the proposal shows.

    Leaves nothing behind where it is refused. Raises StaleState where it was decided or has changed again.
    """
    fresh = _open(proposal)
    if present_value(fresh) != present:
        raise StaleState(_("The record was changed in the meantime; please look at it again."))
    fresh.old = present
    fresh.save(update_fields=["old"])
    _accept(fresh, actor, at)


@transaction.atomic
def refuse(*, proposal: ChangeProposal, actor: Any, at: datetime) -> None:
    """Keep what is on record; the source's word is not proposed again unless it changes."""
    _set(_open(proposal), ProposalStatus.REFUSED, actor, at)


@transaction.atomic
def take_back(*, proposal: ChangeProposal, actor: Any, at: datetime) -> None:
    """Undo a decision. Raises StaleState where an accepted value has been changed since."""
    fresh = _locked(proposal)
    if fresh.status not in (ProposalStatus.ACCEPTED, ProposalStatus.REFUSED) or fresh.field == WORKPLACE:
        raise StaleState(_("This decision cannot be taken back."))
    if fresh.status == ProposalStatus.ACCEPTED:
        if present_value(fresh) != _as_stored(fresh.field, fresh.new):
            raise StaleState(_("The value was changed since; please correct it in the record itself."))
        _take(fresh, fresh.old, actor, at)
        FieldOrigin.objects.filter(field=fresh.field, **_owner(fresh)).delete()
    _set(fresh, ProposalStatus.OPEN, None, None)


@transaction.atomic
def take_new(*, record: DirectoryRecord, actor: Any, at: datetime, is_checked: bool = False) -> Therapist:
    """Make a therapist of a waiting record: unreviewed, or verified where the person has looked at it.

    Raises StaleState where it does not wait any more, Refused where it lacks what a therapist needs.
    """
    fresh = _waiting(record)
    if not fresh.first_name:
        raise Refused(_("The first name is missing; please complete the record by hand."))
    therapist = records.create(
        data=_person(fresh),
        practices=[workplace_said(fresh)],
        approvals=[tuple(text.split()) for text in fresh.approvals],  # type: ignore[misc]
        phone_hours=_intervals(fresh.phone_hours),
        actor=actor,
        at=at,
    )
    practice = therapist.practices.get()
    _settle(fresh, Standing.LINKED, actor, at, therapist=therapist, practice=practice, matched_by="taken")
    _note_all_origins(fresh, therapist, practice, actor, at)
    if is_checked:
        status.verify(therapist=therapist, actor=actor, at=at)
    publish(type="scraping.record_accepted", subject_id=therapist.pk, at=at)
    return therapist


@transaction.atomic
def link(*, record: DirectoryRecord, therapist: Therapist, actor: Any, at: datetime) -> None:
    """A person knows whom the record means; what it says is compared next."""
    fresh = _waiting(record)
    recognising.link_many([(fresh, Answer(therapist.pk, by="by_hand"))])
    DirectoryRecord.objects.filter(pk=fresh.pk).update(decided_by=actor, decided_at=at)


@transaction.atomic
def decline(*, record: DirectoryRecord, actor: Any, at: datetime) -> None:
    """Not wanted: it does not come back for review, whatever the source says of it later."""
    _settle(_waiting(record), Standing.DECLINED, actor, at)


@transaction.atomic
def reopen(*, record: DirectoryRecord, actor: Any, at: datetime) -> None:
    """Take back that a record was declined or linked. A therapist made of it stays."""
    fresh = DirectoryRecord.objects.select_for_update(of=("self",)).get(pk=record.pk)
    if fresh.standing not in (Standing.DECLINED, Standing.LINKED) or fresh.matched_by == "taken":
        raise StaleState(_("This decision cannot be taken back."))
    fresh.proposals.filter(status=ProposalStatus.OPEN).update(status=ProposalStatus.OUTDATED)
    nobody: dict[str, Any] = {"therapist": None, "practice": None, "matched_by": ""}
    _settle(fresh, Standing.UNCLEAR, actor, at, **nobody)


@transaction.atomic
def _accept(proposal: ChangeProposal, actor: Any, at: datetime) -> None:
    fresh = _open(proposal)
    _take(fresh, fresh.new, actor, at)
    _note_origin(fresh, actor, at)
    for one in [fresh, *_same_of_colleagues(fresh)]:
        _set(one, ProposalStatus.ACCEPTED, actor, at)
    publish(type="scraping.proposal_accepted", subject_id=fresh.therapist_id, at=at)


def _open(proposal: ChangeProposal) -> ChangeProposal:
    fresh = _locked(proposal)
    if fresh.status != ProposalStatus.OPEN:
        raise StaleState(_("Somebody has decided about this already."))
    return fresh


def _locked(proposal: ChangeProposal) -> ChangeProposal:
    rows = ChangeProposal.objects.select_for_update(of=("self",))
    return rows.select_related("therapist", "practice", "record__source").get(pk=proposal.pk)


@transaction.atomic
def _bring_up_to_date(proposal: ChangeProposal) -> bool:
    """Whether what the person saw as the present value is not it any more."""
    fresh = _open(proposal)
    present = present_value(fresh)
    if fresh.field == WORKPLACE or present == fresh.old:
        return False
    is_done = FIELDS[fresh.field].is_same(present, fresh.new) if present else False
    fresh.old, fresh.is_hand_kept = present, True
    fresh.status = ProposalStatus.OUTDATED if is_done else ProposalStatus.OPEN
    fresh.save(update_fields=["old", "is_hand_kept", "status"])
    return True


def present_value(proposal: ChangeProposal) -> Any:
    """What is on record now, as JSON; None for a further practice."""
    if proposal.field == WORKPLACE:
        return None
    field = FIELDS[proposal.field]
    return field.on_record(proposal.practice if field.of_practice else proposal.therapist)


def _same_of_colleagues(proposal: ChangeProposal) -> list[ChangeProposal]:
    if proposal.practice_id is None:
        return []
    others = ChangeProposal.objects.filter(
        practice=proposal.practice_id, field=proposal.field, status=ProposalStatus.OPEN
    ).exclude(pk=proposal.pk)
    return [one for one in others.select_for_update() if one.new == proposal.new]


def _set(proposal: ChangeProposal, to: ProposalStatus, actor: Any, at: datetime | None) -> None:
    proposal.status, proposal.decided_by, proposal.decided_at = to, actor, at
    proposal.save(update_fields=["status", "decided_by", "decided_at"])


def _take(proposal: ChangeProposal, value: Any, actor: Any, at: datetime) -> None:
    if proposal.field == WORKPLACE:
        _add_workplace(proposal, at)
    elif FIELDS[proposal.field].of_practice:
        assert proposal.practice is not None  # the proposal was made for one
        changes = _practice_changes(proposal.field, value)
        records.update_practice(practice=proposal.practice, changes=changes, actor=actor, at=at)
    elif writer := _ROWS.get(proposal.field):
        writer(proposal.therapist, value or [], at)
    else:
        records.update(therapist=proposal.therapist, changes={proposal.field: value}, actor=actor, at=at)


def _add_workplace(proposal: ChangeProposal, at: datetime) -> None:
    therapist = proposal.therapist
    before = [row.practice for row in therapist.workplaces.select_related("practice")]
    records.set_workplaces(therapist=therapist, practices=[*before, proposal.new], at=at)
    known = {practice.pk for practice in before}
    added = therapist.practices.exclude(pk__in=known).order_by("-pk").first()
    if added is not None:
        DirectoryRecord.objects.filter(pk=proposal.record_id).update(practice=added)


def _practice_changes(field: str, value: Any) -> Mapping[str, Any]:
    """An address brings its place along by itself; a point from a source counts as that of the house."""
    if field == "address":
        return dict(value)
    if field == "place":
        return {"precision": Precision.HOUSE, **value}
    return {"name" if field == "practice_name" else field: value}


def _set_approvals(therapist: Therapist, value: list[str], at: datetime) -> None:
    keys = [tuple(text.split()) for text in value]
    records.set_approvals(therapist=therapist, approvals=keys, at=at)  # type: ignore[arg-type]


def _set_phone_hours(therapist: Therapist, value: list[str], at: datetime) -> None:
    records.set_hours(therapist=therapist, kind=HoursKind.PHONE, intervals=_intervals(value), at=at)


_ROWS: dict[str, Callable[[Therapist, list[str], datetime], None]] = {
    "approvals": _set_approvals,
    "phone_hours": _set_phone_hours,
}


def _intervals(texts: list[str]) -> list[Interval]:
    return [Interval(*map(int, text.split())) for text in texts]


def _person(record: DirectoryRecord) -> dict[str, Any]:
    names = (
        "salutation", "gender", "title", "first_name", "last_name", "languages", "further_qualifications",
        "special_offers", "accessibility",
    )  # fmt: skip
    data = {name: getattr(record, name) for name in names}
    return data | ({"seat": record.seat} if record.seat else {})


def _waiting(record: DirectoryRecord) -> DirectoryRecord:
    fresh = DirectoryRecord.objects.select_for_update(of=("self",)).get(pk=record.pk)
    if fresh.standing not in review.WAITING:
        raise StaleState(_("Somebody has decided about this already."))
    return fresh


def _settle(record: DirectoryRecord, to: Standing, actor: Any, at: datetime, **fields: Any) -> None:
    values = {"standing": to, "decided_by": actor, "decided_at": at, "unjudged": [], **fields}
    for name, value in values.items():
        setattr(record, name, value)
    record.save(update_fields=list(values))


def _as_stored(field: str, value: Any) -> Any:
    return {**value, "precision": Precision.HOUSE} if field == "place" else value


def _owner(proposal: ChangeProposal) -> dict[str, Any]:
    """Whose field it is: the practice's where one is concerned, else the person's."""
    if proposal.practice_id is not None:
        return {"practice": proposal.practice}
    return {"therapist": proposal.therapist}


def _note_origin(proposal: ChangeProposal, actor: Any, at: datetime) -> None:
    if proposal.field == WORKPLACE:
        return
    fields = {
        "value": _as_stored(proposal.field, proposal.new),
        "source": proposal.record.source,
        "said_on": proposal.said_on,
        "taken_at": at,
        "taken_by": actor,
    }
    FieldOrigin.objects.update_or_create(field=proposal.field, **_owner(proposal), defaults=fields)


def _note_all_origins(
    record: DirectoryRecord, therapist: Therapist, practice: Practice, actor: Any, at: datetime
) -> None:
    rows = []
    for name, field in FIELDS.items():
        if field.said(record) is None:
            continue
        row = practice if field.of_practice else therapist
        owner: dict[str, Any] = {"practice": practice} if field.of_practice else {"therapist": therapist}
        rows.append(
            FieldOrigin(
                field=name,
                value=field.on_record(row),
                source_id=record.source_id,
                said_on=record.changed_on,
                taken_at=at,
                taken_by=actor,
                **owner,
            )
        )
    FieldOrigin.objects.bulk_create(rows, ignore_conflicts=True)
