"""Who of the therapists in a file is known already."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.imports.columns import fold
from apps.core.imports.errors import Problem, RowRejected
from apps.therapists.models import Practice, Therapist, Workplace
from apps.therapists.normalise import address_key

Name = tuple[str, str]
"""Folded first and last name."""


@dataclass(frozen=True)
class Address:
    """Where and how a therapist is reached; the street as a key for comparison, "" for what is not known."""

    plz: str
    street: str
    email: str
    phone: str

    @classmethod
    def of(cls, *, plz: str, street: str = "", email: str = "", phone: str = "") -> "Address":
        return cls(plz, address_key(street), email.lower(), phone)

    def shares_contact(self, other: "Address") -> bool:
        return bool((self.email and self.email == other.email) or (self.phone and self.phone == other.phone))


class KnownTherapists:
    """Everybody on record by name, in memory: two queries for the whole run."""

    def __init__(self) -> None:
        self.by_name: dict[Name, list[int]] = defaultdict(list)
        self.addresses: dict[int, list[Address]] = defaultdict(list)
        for pk, first_name, last_name in Therapist.objects.order_by("pk").values_list(
            "pk", "first_name", "last_name"
        ):
            self.by_name[name_key(first_name, last_name)].append(pk)
        fields = ("therapist_id", "practice__plz", "practice__street", "practice__email", "practice__phone")
        for pk, plz, street, email, phone in Workplace.objects.order_by().values_list(*fields):
            self.addresses[pk].append(Address.of(plz=plz, street=street, email=email, phone=phone))

    def add(self, pk: int, name: Name, address: Address) -> None:
        if pk not in self.by_name[name]:
            self.by_name[name].append(pk)
        self.addresses[pk].append(address)

    def find(self, name: Name, address: Address) -> int | None:
        """By name and PLZ, then street, then e-mail or phone; namesakes in another town are other people.

        Raises RowRejected where several fit.
        """
        namesakes = self.by_name.get(name, [])
        found = [pk for pk in namesakes if any(one.plz == address.plz for one in self.addresses[pk])]
        found = self._narrowed(found, address) or self._with_contact(namesakes, address)
        if len(found) > 1:
            raise RowRejected(
                Problem("", _("Several therapists of this name fit; perhaps they are doubles."))
            )
        return found[0] if found else None

    def _narrowed(self, found: list[int], address: Address) -> list[int]:
        if len(found) < 2:
            return found
        same_street = [pk for pk in found if any(self._is_street(one, address) for one in self.addresses[pk])]
        return (
            same_street
            if len(same_street) == 1
            else self._with_contact(same_street or found, address) or found
        )

    def _with_contact(self, found: Iterable[int], address: Address) -> list[int]:
        return [pk for pk in found if any(one.shares_contact(address) for one in self.addresses[pk])]

    def _is_street(self, known: Address, address: Address) -> bool:
        return bool(address.street) and (known.plz, known.street) == (address.plz, address.street)


def name_key(first_name: str, last_name: str) -> Name:
    return fold(first_name), fold(last_name)


def own_practice(practices: Iterable[Practice], address: Address) -> Practice | None:
    """The one among a therapist's practices that an address means; without a street the PLZ decides."""
    near = [practice for practice in practices if practice.plz == address.plz]
    same = [one for one in near if address.street and address_key(one.street) == address.street]
    loose = [one for one in near if not address.street or not one.street]
    found = same or loose
    known = [one for one in found if _address(one).shares_contact(address)]
    return next(iter(known or found), None)


def _address(practice: Practice) -> Address:
    return Address.of(plz=practice.plz, street=practice.street, email=practice.email, phone=practice.phone)
