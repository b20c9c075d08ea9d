"""Two rows of one practice become one: its therapists work at one place and are grouped anew."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from apps.core.contacts import readable_phone
from apps.core.enums import MergeKind
from apps.core.locks import in_order
from apps.core.merging import kinds
from apps.core.merging.authors import hand_edited
from apps.core.merging.kinds import Brief, Choice, Kind
from apps.core.merging.relations import Relation
from apps.core.merging.rules import Pair, Work, fold, rule_for, twins
from apps.events.services import publish
from apps.therapists.duplicates import SENTENCES
from apps.therapists.enums import ReviewStatus
from apps.therapists.models import ContactGroup, Practice, Therapist, Workplace
from apps.therapists.services import contact_groups
from apps.therapists.services.merge import PAGES, regroup

PLACE = ("street", "plz", "city", "state", "latitude", "longitude", "precision")


def _choices() -> list[Choice]:
    fields = {field.name: field for field in Practice._meta.concrete_fields}

    def plain(name: str, show: Any = None) -> Choice:
        return Choice(name, fields[name].verbose_name, (name,), show)

    return [
        plain("name"),
        Choice("place", gettext_lazy("address and place"), PLACE, _place_text),
        plain("phone", lambda one: readable_phone(one.phone)),
        plain("fax", lambda one: readable_phone(one.fax)),
        plain("email"),
        plain("website"),
    ]


def _place_text(practice: Practice) -> str:
    precision = practice.get_precision_display()
    return f"{practice.street}, {practice.plz} {practice.city} ({precision})".removeprefix(", ")


@rule_for("therapists.Workplace.practice", keeps=("workplace_once",))
def workplaces(pair: Pair, relation: Relation) -> None:
    """Who was at both is there once, and it is the main practice if one of the two was."""
    rows = Workplace.objects.in_bulk([pk for both in twins(pair, relation).items() for pk in both])
    for dropped, kept in twins(pair, relation).items():
        if rows[dropped].is_main:
            pair.work.ledger.update(Workplace, dropped, {"is_main": False})
            pair.work.ledger.update(Workplace, kept, {"is_main": True})
    fold(pair, relation)


def _after(work: Work) -> None:
    practices = list(Practice.objects.filter(pk=work.kept))
    groups = Therapist.objects.filter(practices__in=practices).values_list("contact_group_id", flat=True)
    regroup(work, practices, {*groups, *work.memo["groups"]})


def _settle(work: Work) -> None:
    members = Therapist.objects.filter(practices__in=[work.kept, work.dropped])
    work.memo["groups"] = set(members.values_list("contact_group_id", flat=True))


def _lock_groups(ids: list[int]) -> None:
    members = Therapist.objects.filter(practices__in=ids)
    in_order(ContactGroup.objects.filter(pk__in=members.values("contact_group")))


def _done(*, kept_id: int, other_id: int, at: datetime, is_undo: bool) -> None:
    places = Workplace.objects.filter(practice_id__in=[kept_id, other_id]).order_by("therapist_id")
    for therapist_id in places.values_list("therapist_id", flat=True).distinct():
        publish(type="therapist.moved", subject_id=therapist_id, at=at, payload={"changed": ["practice"]})


def _is_confirmed(practice: Practice) -> bool:
    return practice.therapists.filter(review_status=ReviewStatus.VERIFIED).exists()


def _briefs(ids: Collection[int]) -> dict[int, Brief]:
    rows = Practice.objects.filter(pk__in=ids).prefetch_related("therapists")
    return {one.pk: _brief(one) for one in rows}


def _brief(practice: Practice) -> Brief:
    contact = ", ".join(filter(None, (practice.street, readable_phone(practice.phone), practice.email)))
    people = "; ".join(str(one) for one in practice.therapists.all())
    return Brief(f"{practice} (#{practice.pk})", [line for line in (contact, people) if line], "")


KIND = Kind(
    name=MergeKind.PRACTICE,
    model=Practice,
    choices=_choices(),
    sets=[],
    settle=_settle,
    after=_after,
    done=_done,
    load=lambda pk: Practice.objects.filter(pk=pk).first(),
    label=lambda one: f"{one} (#{one.pk})",
    url=lambda _pk: "",
    lock_first=contact_groups.hold,
    lock_groups=_lock_groups,
    is_confirmed=_is_confirmed,
    hand_edited=lambda one: hand_edited(one, PAGES),
    briefs=_briefs,
    sentences=SENTENCES,
)
kinds.register(KIND)
