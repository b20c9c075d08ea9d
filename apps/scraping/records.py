"""What every source is brought to: one typed entry per person and address."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from apps.core.enums import Salutation
from apps.core.weekly import Interval
from apps.therapists.enums import Gender

ApprovalKey = tuple[str, str, str]
"""(method, age group, setting)"""


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One therapist at one address as a source shows it, normalised; "", None or () where it says nothing.

    `external_id` is the source's own id; where it has none, the staging derives one from name and address.
    Phones are E.164 (what cannot be read stands in `doubts` and in the payload), `languages` codes of
    `core.enums.Language`, `approvals` and `phone_hours` sorted and without doubles. `doubts` are sentences
    for a person: what was left out or is worth a look. `payload` is the source's own record, kept as it came.
    """

    last_name: str
    external_id: str = ""
    salutation: str = Salutation.NONE
    gender: str = Gender.UNKNOWN
    title: str = ""
    first_name: str = ""
    practice_name: str = ""
    street: str = ""
    plz: str = ""
    city: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""
    website: str = ""
    latitude: float | None = None
    longitude: float | None = None
    seat: str = ""
    languages: tuple[str, ...] = ()
    further_qualifications: str = ""
    special_offers: str = ""
    accessibility: str = ""
    approvals: tuple[ApprovalKey, ...] = ()
    phone_hours: tuple[Interval, ...] = ()
    doubts: tuple[str, ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An entry that cannot become a record: `where` is a line or an id, `reason` a sentence for a person."""

    where: str
    reason: str
    payload: Any = None


SAID = tuple(
    one.name for one in fields(DirectoryEntry) if one.name not in ("external_id", "doubts", "payload")
)
"""The fields that say something about the therapist; a change in any of them is a change of the entry."""
