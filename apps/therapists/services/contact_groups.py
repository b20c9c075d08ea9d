"""Contact groups: everybody behind one mailbox or telephone number is protected together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.db.models import ProtectedError, Q
from django.db.models.functions import Lower

from apps.therapists.models import ContactGroup, Practice, Therapist, Workplace

REGROUPING = 7_201_301  # key of the advisory lock


@dataclass(frozen=True)
class Member:
    """One therapist with the group they are in and the mailboxes and numbers they are reached by."""

    id: int
    group_id: int
    addresses: frozenset[str]


def hold() -> None:
    """Let nobody else regroup until this transaction ends.

    Services that will regroup call it before they lock any row: so two of them never wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REGROUPING])


@transaction.atomic
def regroup(*, practices: Iterable[Practice]) -> bool:
    """Bring the contact groups around these practices in line with their e-mail addresses and numbers.

    Therapists who share an address (ignoring case) or a number, directly or through others, get one group:
    the lowest id any of them has. Those who no longer share one are parted. Running it again changes nothing.
    Tells whether anybody changed groups.
    """
    hold()
    members = _neighbourhood({practice.pk for practice in practices})
    components = _components(members)
    if _is_in_line(components):
        return False
    old_ids = {member.group_id for member in members}
    list(ContactGroup.objects.select_for_update().filter(pk__in=old_ids).order_by("pk"))
    _assign(components)
    for group in ContactGroup.objects.filter(pk__in=old_ids, therapists__isnull=True):
        delete_if_empty(group=group)
    return True


def members_around(*, practices: Iterable[Practice]) -> list[Member]:
    """Everybody whose group `regroup` might change."""
    return _neighbourhood({practice.pk for practice in practices})


def delete_if_empty(*, group: ContactGroup) -> None:
    """A group that an inquiry names stays, as a record of that contact."""
    if not group.therapists.exists():
        with suppress(ProtectedError):
            group.delete()


def _neighbourhood(practice_ids: set[int]) -> list[Member]:
    """Everybody who is, or until now was, connected with these practices."""
    therapist_ids: set[int] = set()
    while True:
        therapist_ids = _therapists_around(practice_ids, therapist_ids)
        around = _practices_around(practice_ids, therapist_ids)
        if around <= practice_ids:
            return _members(therapist_ids)
        practice_ids = practice_ids | around


def _therapists_around(practice_ids: set[int], therapist_ids: set[int]) -> set[int]:
    known = Therapist.objects.filter(Q(practices__in=practice_ids) | Q(pk__in=therapist_ids))
    groups = known.order_by().values("contact_group_id")
    return set(Therapist.objects.filter(contact_group__in=groups).values_list("pk", flat=True))


def _practices_around(practice_ids: set[int], therapist_ids: set[int]) -> set[int]:
    """These, those of the therapists, and every practice with the same mailbox or number as one of them."""
    near = _contacts().filter(Q(pk__in=practice_ids) | Q(workplaces__therapist__in=therapist_ids))
    rows = list(near.values_list("pk", "mailbox", "phone").distinct())
    mailboxes = {mailbox for _pk, mailbox, _phone in rows if mailbox}
    phones = {phone for _pk, _mailbox, phone in rows if phone}
    shared = _contacts().filter(Q(mailbox__in=mailboxes) | Q(phone__in=phones)).values_list("pk", flat=True)
    return {pk for pk, _mailbox, _phone in rows} | set(shared)


def _contacts() -> Any:
    return Practice.objects.order_by().annotate(mailbox=Lower("email"))


def _members(therapist_ids: set[int]) -> list[Member]:
    addresses: dict[int, set[str]] = defaultdict(set)
    places = Workplace.objects.order_by().filter(therapist__in=therapist_ids)
    for pk, email, phone in places.values_list("therapist_id", "practice__email", "practice__phone"):
        addresses[pk] |= {address for address in (email.lower(), phone) if address}
    therapists = Therapist.objects.filter(pk__in=therapist_ids).order_by("pk")
    return [
        Member(id=pk, group_id=group_id, addresses=frozenset(addresses[pk]))
        for pk, group_id in therapists.values_list("pk", "contact_group_id")
    ]


def _components(members: Sequence[Member]) -> list[list[Member]]:
    """Members connected by shared addresses, each component and the list in order of therapist ids."""
    by_address: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        for address in member.addresses:
            by_address[address].append(member)
    components, seen = [], set()
    for member in members:
        if member not in seen:
            component = _reach(member, by_address)
            seen |= component
            components.append(sorted(component, key=lambda one: one.id))
    return components


def _reach(start: Member, by_address: dict[str, list[Member]]) -> set[Member]:
    reached, waiting = {start}, [start]
    while waiting:
        member = waiting.pop()
        new = set(chain.from_iterable(by_address[address] for address in member.addresses)) - reached
        reached |= new
        waiting.extend(new)
    return reached


def _is_in_line(components: Sequence[Sequence[Member]]) -> bool:
    """Every component has one group, and no two the same."""
    groups = [{member.group_id for member in component} for component in components]
    return len(set().union(*groups)) == len(groups) == sum(map(len, groups))


def _assign(components: Sequence[Sequence[Member]]) -> None:
    """The lowest group id a component has and no earlier one took, else a new group."""
    taken: set[int] = set()
    for component in components:
        free = {member.group_id for member in component} - taken
        group_id = min(free) if free else ContactGroup.objects.create().pk
        taken.add(group_id)
        moving = [member.id for member in component if member.group_id != group_id]
        if moving:
            Therapist.objects.filter(pk__in=moving).update(contact_group=group_id)
