"""Two records of one therapist become one: what is chosen, what protects, and who is grouped with whom."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.contacts import readable_phone
from apps.core.enums import Language, MergeKind
from apps.core.locks import in_order
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
    fold,
    latest,
    move_all,
    rows_of,
    rows_of_both,
    rule_for,
)
from apps.core.merging.sides import week_text
from apps.core.templatetags.ui import labels
from apps.core.timeline import THERAPIST
from apps.core.transitions import write_history
from apps.core.weekly import join
from apps.events.services import publish
from apps.therapists.duplicates import SENTENCES
from apps.therapists.enums import HoursKind, ReviewStatus, TherapistStatus
from apps.therapists.models import ContactGroup, Practice, Therapist, WeeklyHours, Workplace
from apps.therapists.selectors import with_offer
from apps.therapists.services import contact_groups

S = TherapistStatus
PAGES = ("/therapists/", "/admin/therapists/")
NAMES = (
    *("salutation", "gender", "title", "first_name", "last_name", "seat", "is_licensed"),
    *("further_qualifications", "special_offers", "accessibility"),
    *("free_individual_from", "free_group_from", "free_places_note", "is_possibly_free", "knows_agency"),
    *("wished_diagnoses", "wished_gender", "prefers_group"),
)


def _choices() -> list[Choice]:
    fields = {field.name: field for field in Therapist._meta.concrete_fields}
    plain = [Choice(name, fields[name].verbose_name, (name,)) for name in NAMES]
    return [
        *plain,
        Choice(
            "languages",
            gettext_lazy("languages"),
            ("languages",),
            lambda one: labels(one.languages, Language),
        ),
        Choice(
            "wished_age",
            gettext_lazy("age of patients"),
            ("wished_age_from", "wished_age_to"),
            lambda one: f"{one.wished_age_from or ''}–{one.wished_age_to or ''}".strip("–"),
        ),
        Choice(
            "email_permission",
            gettext_lazy("e-mail permission"),
            ("email_permission_since", "email_permission_how"),
        ),
    ]


def _hours_text(kind: str) -> Any:
    return lambda one: week_text(sorted(row.interval for row in one.hours.all() if row.kind == kind))


def _main_text(therapist: Therapist) -> str:
    places = [place.practice for place in therapist.workplaces.all() if place.is_main]
    return "; ".join(
        ", ".join(filter(None, (str(one), one.street, readable_phone(one.phone), one.email)))
        for one in places
    )


def _load(pk: int) -> Therapist | None:
    rows = Therapist.objects.prefetch_related("approvals", "hours", "workplaces__practice")
    return rows.filter(pk=pk).first()


@rule_for("therapists.Approval.therapist", keeps=("approval_once",))
def approvals(pair: Pair, relation: Relation) -> None:
    side = pair.work.choices["approvals"]
    if side != BOTH:
        _remove(pair, relation, pair.kept if side == OTHER else pair.dropped)
    fold(pair, relation)


@rule_for("therapists.WeeklyHours.therapist", keeps=("phone_hours_no_overlap", "working_hours_no_overlap"))
def hours(pair: Pair, relation: Relation) -> None:
    for kind in HoursKind:
        _hours_of(pair, relation, kind)
    move_all(pair, relation)


@rule_for("therapists.Workplace.therapist", keeps=("workplace_once", "workplace_one_main"))
def workplaces(pair: Pair, relation: Relation) -> None:
    """All practices of both; one of them is the main one."""
    ledger = pair.work.ledger
    rows = [*rows_of(relation, pair.kept), *rows_of(relation, pair.dropped)]
    side = pair.dropped if pair.work.choices["main_practice"] == OTHER else pair.kept
    mains = sorted((row for row in rows if row.is_main), key=lambda row: row.therapist_id != side)
    for row in mains:
        ledger.update(Workplace, row.pk, {"is_main": False})
    fold(pair, relation)
    if mains:
        main = Workplace.objects.get(therapist=pair.kept, practice=mains[0].practice_id)
        ledger.update(Workplace, main.pk, {"is_main": True})


def _remove(pair: Pair, relation: Relation, owner: int, **values: Any) -> None:
    pks = rows_of(relation, owner).filter(**values).values_list("pk", flat=True)
    pair.work.ledger.delete(relation.model, list(pks))


def _hours_of(pair: Pair, relation: Relation, kind: HoursKind) -> None:
    side = pair.work.choices[f"{kind}_hours"]
    if side != BOTH:
        _remove(pair, relation, pair.kept if side == OTHER else pair.dropped, kind=kind)
        return
    rows = [*rows_of(relation, pair.kept), *rows_of(relation, pair.dropped)]
    wanted = join(row.interval for row in rows if row.kind == kind)
    for owner in (pair.kept, pair.dropped):
        _remove(pair, relation, owner, kind=kind)
    for day, start, end in wanted:
        pair.work.ledger.insert(
            WeeklyHours(therapist_id=pair.kept, kind=kind, weekday=day, start_minute=start, end_minute=end)
        )


def _settle(work: Work) -> None:
    """What nobody chooses: the stricter protection, the last contacts, whether somebody has looked."""
    kept, other = rows_of_both(work)
    known = {"kept": [kept], "other": [other], "both": [kept, other]}[work.choices["working_hours"]]
    values = {
        **_block(kept, other),
        **_review(kept, other),
        "do_not_contact_since": earliest(kept["do_not_contact_since"], other["do_not_contact_since"]),
        "internal_note": _joined(kept["internal_note"], other["internal_note"], separator="\n"),
        "is_working_hours_known": any(row["is_working_hours_known"] for row in known),
        **{
            name: latest(kept[name], other[name])
            for name in ("last_email_at", "last_call_at", "last_talk_at")
        },
    }
    work.memo["groups"] = {kept["contact_group_id"], other["contact_group_id"]}
    work.memo["old_status"] = kept["status"]
    work.ledger.update(Therapist, work.kept, values)


def _block(kept: Row, other: Row) -> Row:
    """Blocked on one side is blocked; two blocks last as long as the longer one."""
    blocks = [row for row in (kept, other) if row["status"] == S.BLOCKED]
    if not blocks:
        return {}
    untils = [row["blocked_until"] for row in blocks]
    return {
        "status": S.BLOCKED.value,
        "blocked_reason": _joined(*(row["blocked_reason"] for row in blocks))[:300],
        "blocked_since": earliest(*(row["blocked_since"] for row in blocks)),
        "blocked_until": None if None in untils else latest(*untils),
    }


def _review(kept: Row, other: Row) -> Row:
    """Whoever merges has seen both: one that was verified stays so."""
    verified = [row for row in (kept, other) if row["review_status"] == ReviewStatus.VERIFIED]
    return {
        "review_status": (ReviewStatus.VERIFIED if verified else ReviewStatus.UNREVIEWED).value,
        "reviewed_at": latest(*(row["reviewed_at"] for row in verified)),
    }


def _joined(*texts: str, separator: str = " · ") -> str:
    return separator.join(dict.fromkeys(filter(None, texts)))


def _after(work: Work) -> None:
    regroup(work, list(Practice.objects.filter(workplaces__therapist=work.kept)), work.memo["groups"])
    therapist = Therapist.objects.get(pk=work.kept)
    if therapist.status != work.memo["old_status"]:
        reason = _("Merged with record #%(pk)s, which was blocked.") % {"pk": work.dropped}
        write_history(
            therapist,
            old=work.memo["old_status"],
            new=therapist.status,
            actor=work.actor,
            at=work.at,
            reason=reason,
        )


def regroup(work: Work, practices: list[Practice], groups: set[int]) -> None:
    """Contact groups brought in line, every change of them in the ledger."""
    members = contact_groups.members_around(practices=practices)
    old = groups | {member.group_id for member in members}
    newest = ContactGroup.objects.aggregate(newest=Max("pk"))["newest"]
    with (
        work.ledger.watching(Therapist, [member.id for member in members]),
        work.ledger.watching(ContactGroup, old),
    ):
        contact_groups.regroup(practices=practices)
        for group in ContactGroup.objects.filter(pk__in=old).order_by("pk"):
            contact_groups.delete_if_empty(group=group)
    work.ledger.adopt(ContactGroup, ContactGroup.objects.filter(pk__gt=newest).values_list("pk", flat=True))


def lock_groups(ids: list[int]) -> None:
    in_order(ContactGroup.objects.filter(pk__in=Therapist.objects.filter(pk__in=ids).values("contact_group")))


def _done(*, kept_id: int, other_id: int, at: datetime, is_undo: bool) -> None:
    publish(type="therapist.changed", subject_id=kept_id, at=at, payload={"changed": ["merged"]})
    if is_undo:
        publish(type="therapist.changed", subject_id=other_id, at=at, payload={"changed": ["merged"]})
    else:
        values = {"from": str(other_id), "to": str(kept_id)}
        publish(type="therapist.merged", subject_id=kept_id, at=at, payload=values)


def _warnings(kept: Therapist, other: Therapist) -> list[str]:
    """What nobody chooses and everybody should know before the act."""
    found = []
    for one in (kept, other):
        if one.do_not_contact_since:
            found.append(
                _("%(name)s has objected to contact: that holds for both from now on.") % {"name": one}
            )
        if one.status == S.BLOCKED:
            found.append(_("%(name)s is blocked: that holds for both from now on.") % {"name": one})
    if other.status == S.INACTIVE != kept.status:
        found.append(_("The other record is inactive; the kept one stays as it is."))
    if kept.gender != other.gender and "unknown" not in (kept.gender, other.gender):
        found.append(_("The two records have different genders. Are they really one person?"))
    return found


def _briefs(ids: Collection[int]) -> dict[int, Brief]:
    return {one.pk: _brief(one) for one in with_offer(Therapist.objects.filter(pk__in=ids))}


def _brief(therapist: Therapist) -> Brief:
    places = [place.practice for place in therapist.workplaces.all()]
    lines = [
        ", ".join(filter(None, (str(one), one.street, readable_phone(one.phone), one.email)))
        for one in places
    ]
    states = f"{therapist.get_status_display()}, {therapist.get_review_status_display()}"
    return Brief(f"{therapist.full_name} (#{therapist.pk})", [*lines, states], therapist.get_absolute_url())


KIND = Kind(
    name=MergeKind.THERAPIST,
    model=Therapist,
    choices=_choices(),
    sets=[
        SetChoice(
            "approvals",
            gettext_lazy("approvals"),
            lambda one: ", ".join(str(row) for row in one.approvals.all()),
        ),
        SetChoice("phone_hours", gettext_lazy("phone hours"), _hours_text(HoursKind.PHONE)),
        SetChoice("working_hours", gettext_lazy("working hours"), _hours_text(HoursKind.WORKING)),
        SetChoice("main_practice", gettext_lazy("main practice"), _main_text, can_both=False),
    ],
    settle=_settle,
    after=_after,
    done=_done,
    load=_load,
    label=lambda one: f"{one} (#{one.pk})",
    url=lambda pk: Therapist(pk=pk).get_absolute_url(),
    route="therapists/<int:pk>/",
    lock_first=contact_groups.hold,
    lock_groups=lock_groups,
    is_confirmed=lambda one: bool(one.review_status == ReviewStatus.VERIFIED),
    hand_edited=lambda one: hand_edited(one, PAGES),
    warnings=_warnings,
    briefs=_briefs,
    sentences=SENTENCES,
)
kinds.register(KIND)
story.tell(THERAPIST, MergeKind.THERAPIST)
