"""Every event type: who tells it, what it is about, and the exact payload it carries.

An app declares its types in `apps/<app>/events.py`; publishing anything undeclared is an error, so
that a payload can never grow a field with health data by accident.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from apps.events.schema import Key, always, object_schema, one_of

if TYPE_CHECKING:
    from apps.events.models import DomainEvent

type_registry: dict[str, "EventType"] = {}
subscriber_registry: dict[str, list["Subscriber"]] = {}

Handler = Callable[["DomainEvent"], None]
NEW = ""  # `from` of a row that has just been created


class Machine(Protocol):
    """What is read of a model with a state machine (`apps.core.models.StatefulModel`)."""

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]]
    UNDO: ClassVar[dict[str, frozenset[str]]]
    EVENTS: ClassVar[dict[str, str]]
    EVENT_IDS: ClassVar[dict[str, str]]


@dataclass(frozen=True)
class EventType:
    """`subject` says whose id stands in `subject_id`."""

    name: str
    producer: str
    description: str
    subject: str
    payload: Mapping[str, Key] = field(default_factory=dict)
    version: int = 1

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(self.payload)

    @cached_property
    def payload_schema(self) -> dict[str, Any]:
        return object_schema(self.payload)


@dataclass(frozen=True)
class Told:
    """Description of a type that carries something; without a payload the plain text will do."""

    description: str
    payload: Mapping[str, Key]
    version: int = 1


@dataclass(frozen=True)
class Subscriber:
    name: str
    handler: Handler


def declare(
    producer: str, *, subject: str = "the row that the type is named after", **types: str | Told
) -> None:
    """Declare event types of one producer: `patient__created="A patient was registered"`.

    Double underscores become dots. The type carries exactly the keys it is told with.
    """
    for key, told in types.items():
        _register(
            key.replace("__", "."), producer, subject, told if isinstance(told, Told) else Told(told, {})
        )


def declare_states(
    producer: str,
    machine: type[Machine],
    *,
    subject: str,
    starts: Iterable[str] = (),
    ids: Mapping[str, Key] | None = None,
    version: int = 1,
    **descriptions: str,
) -> None:
    """The types of a state machine, one description per state that tells (named by the state).

    `from` is every state with a way to the new one, undone steps included, and "" where a row may begin
    in that state (`starts`). `ids` are the machine's EVENT_IDS, described. Raises LookupError unless the
    descriptions are exactly those of `EVENTS` and the ids those of `EVENT_IDS`.
    """
    told = {str(state): name for state, name in machine.EVENTS.items()}
    if told.keys() != descriptions.keys():
        raise LookupError(f"{producer}: states {sorted(told.keys() ^ descriptions.keys())} are not in order")
    if machine.EVENT_IDS.keys() != (ids or {}).keys():
        raise LookupError(f"{producer}: the ids of {machine.__name__} are not in order")
    beginnings = {str(state) for state in starts}
    for state, description in descriptions.items():
        before = [*([NEW] if state in beginnings else []), *_states_before(machine, state)]
        payload = {"from": _state_before(before), "to": always(state, "The state from now on"), **(ids or {})}
        _register(told[state], producer, subject, Told(description, payload, version))


def _state_before(states: list[str]) -> Key:
    return one_of(states, 'The state before ("": a new row)' if NEW in states else "The state before")


def _states_before(machine: type[Machine], state: str) -> list[str]:
    tables = (machine.TRANSITIONS, machine.UNDO)
    return list(dict.fromkeys(str(old) for table in tables for old, ways in table.items() if state in ways))


def _register(name: str, producer: str, subject: str, told: Told) -> None:
    type_registry[name] = EventType(
        name=name,
        producer=producer,
        description=told.description,
        subject=subject,
        payload=told.payload,
        version=told.version,
    )


def subscribe(*types: str) -> Callable[[Handler], Handler]:
    """Register a handler for event types. It runs once per event, inside a transaction of its own."""

    def register(handler: Handler) -> Handler:
        name = f"{handler.__module__}.{handler.__name__}"
        for type_name in types:
            subscriber_registry.setdefault(type_name, []).append(Subscriber(name=name, handler=handler))
        return handler

    return register


def event_type(name: str) -> EventType:
    """The declared type. Raises LookupError for a name no app has declared."""
    try:
        return type_registry[name]
    except KeyError:
        raise LookupError(f"Event type {name!r} is not declared in any apps/*/events.py") from None


def subscriber_names() -> list[str]:
    return sorted({row.name for rows in subscriber_registry.values() for row in rows})


def types_heard_by(names: Iterable[str]) -> set[str]:
    """Types that at least one of these subscribers listens to."""
    wanted = set(names)
    return {name for name, rows in subscriber_registry.items() if any(row.name in wanted for row in rows)}
