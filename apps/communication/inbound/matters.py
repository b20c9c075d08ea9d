"""What a message is about, asked from above: this app does not know inquiries.

An app that sends letters with references registers a resolver. It gets what the message shows and says what
the matter is; whether the sender may speak about it is decided here, not there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from apps.communication.models import EmailMessage


@dataclass(frozen=True)
class Cue:
    """The letter of ours it answers (by its headers), and every word in which a reference may stand."""

    email: EmailMessage | None
    words: str
    therapist_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Matter:
    """`cases`: case code → number of the request that may be answered."""

    reference: str
    therapist_id: int
    email: EmailMessage | None = None
    cases: Mapping[str, int] = field(default_factory=dict)


Resolver = Callable[[Cue], Matter | None]

_resolvers: list[Resolver] = []


def register_reference_resolver(resolver: Resolver) -> Resolver:
    _resolvers.append(resolver)
    return resolver


def resolve(cue: Cue) -> Matter | None:
    """The first answer counts."""
    return next((matter for resolver in _resolvers if (matter := resolver(cue)) is not None), None)
