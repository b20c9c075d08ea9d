"""What can be merged. Each app describes its own records; core knows none of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.functional import Promise

if TYPE_CHECKING:
    from apps.core.merging.rules import Work

Text = str | Promise


@dataclass(frozen=True)
class Choice:
    """One line of the side-by-side page: fields that are taken together from one record.

    `show` turns a record into the text of the line; the fields' own values are shown without it.
    """

    key: str
    label: Text
    fields: tuple[str, ...]
    show: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class SetChoice:
    """Rows around a record that are taken as a whole: from one side or, where it makes sense, both."""

    key: str
    label: Text
    show: Callable[[Any], str]
    can_both: bool = True


@dataclass(frozen=True)
class Brief:
    """A record in a list of pairs: its name, lines that tell it from others, and its page ("" for none)."""

    label: str
    lines: list[str]
    url: str


@dataclass(frozen=True)
class Kind:
    """A kind of record. `name` is a MergeKind.

    `choices` are fields to choose from, `sets` rows around. `settle` works out the values nobody chooses
    (what protects, dates) while both records are there, `after` what follows when one is gone. `lock_first`
    and `lock_groups` lock what a merge changes besides the rows that point at the records. `is_confirmed`
    tells whether a person has looked at a record, `hand_edited` which fields were typed by one, `briefs`
    shows many records in a fixed number of queries. `done` publishes, with kept and other id, after a merge
    and after an undo. `route` begins the URLs of the record's pages.
    """

    name: str
    model: type[models.Model]
    choices: Sequence[Choice]
    sets: Sequence[SetChoice]
    settle: Callable[["Work"], None]
    done: Callable[..., None]
    load: Callable[[int], Any]
    label: Callable[[Any], str]
    url: Callable[[int], str]
    route: str = ""
    lock_first: Callable[[], None] = lambda: None
    lock_groups: Callable[[list[int]], None] = lambda _ids: None
    after: Callable[["Work"], None] = lambda _work: None
    is_confirmed: Callable[[Any], bool] = lambda _record: False
    hand_edited: Callable[[Any], frozenset[str]] = lambda _record: frozenset()
    briefs: Callable[[Collection[int]], dict[int, Brief]] = lambda _ids: {}
    alias: Callable[[Any], str] = lambda _record: ""
    warnings: Callable[[Any, Any], list[str]] = lambda _kept, _other: []
    sentences: Mapping[str, Text] = field(default_factory=dict)  # of the scorer's reasons


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def get(name: str) -> Kind:
    return _kinds[name]


def every() -> list[Kind]:
    return list(_kinds.values())
