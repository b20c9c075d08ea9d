"""What a letter is: its kind, its variables with sample values, and who may see which of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import Any, ClassVar

from django.utils.functional import Promise

from apps.communication.enums import LetterKind

Values = Mapping[str, Any]
Text = str | Promise

TO_ONE_PERSON = "patient_"  # kinds of letters to the patient the variables speak of


class Privacy(IntEnum):
    """How far a value may go. A letter takes what is allowed for it or less."""

    PUBLIC = 1  # may stand in a subject: references, numbers, dates of our own
    PSEUDONYMOUS = 2  # may stand in a letter to a therapist who has not said yes
    PERSONAL = 3  # only in letters to the person


@dataclass(frozen=True)
class Variable:
    """`sample` also tells the shape: keys of a dictionary, parts of a list. `one` is it for a single case."""

    name: str
    label: Text
    sample: Any
    privacy: Privacy = Privacy.PSEUDONYMOUS
    one: Any = None
    is_optional: bool = False
    is_required: bool = False

    @property
    def for_one(self) -> Any:
        if self.one is not None:
            return self.one
        return self.sample[:1] if isinstance(self.sample, list) else self.sample

    @property
    def sparse(self) -> Any:
        """The value where as little as possible is known."""
        if self.is_optional:
            return "" if isinstance(self.sample, date) else type(self.sample)()
        return self.for_one


@dataclass(frozen=True)
class RealData:
    """Values of a real case, for a preview. Links that act in somebody's name are left out of them."""

    values: Values
    patient_ids: list[int] = field(default_factory=list)


class LetterType:
    """One kind of letter. Its own text is templates/letters/<kind>.txt: "Betreff: …", empty line, body.

    A subclass adds `values(…)`: plain values (text, numbers, dates, lists and dictionaries of them) for
    exactly the declared variables.
    """

    kind: ClassVar[LetterKind]
    purpose: ClassVar[Text]
    variables: ClassVar[tuple[Variable, ...]]
    button: ClassVar[str] = "Seite öffnen"
    real_label: ClassVar[Text] = ""  # what `real` looks for; empty: no preview with real data

    @classmethod
    def is_to_patient(cls) -> bool:
        return cls.kind.value.startswith(TO_ONE_PERSON)

    @classmethod
    def limit(cls) -> Privacy:
        """What a therapist may learn by e-mail never names anybody; names go over the one-time link."""
        return Privacy.PERSONAL if cls.is_to_patient() else Privacy.PSEUDONYMOUS

    @classmethod
    def samples(cls) -> dict[str, Values]:
        """Example values by name: several cases, one case, and one of which hardly anything is known."""
        return {
            "several": {variable.name: variable.sample for variable in cls.variables},
            "one": {variable.name: variable.for_one for variable in cls.variables},
            "sparse": {variable.name: variable.sparse for variable in cls.variables},
        }

    @classmethod
    def real(cls, about: str, *, today: date) -> RealData | None:
        """Values of the case that `about` names; None where there is none."""
        return None


_types: dict[str, type[LetterType]] = {}


def register(letter_type: type[LetterType]) -> type[LetterType]:
    """Make a letter known. Declaring a variable that must not stand in it is an error of programming."""
    for variable in letter_type.variables:
        if variable.privacy > letter_type.limit():
            raise ValueError(f"{variable.name} is too private for the letter {letter_type.kind}")
    _types[letter_type.kind] = letter_type
    return letter_type


def of_kind(kind: str) -> type[LetterType] | None:
    return _types.get(kind)


def all_types() -> list[type[LetterType]]:
    """In the order of LetterKind."""
    return [_types[kind] for kind in LetterKind if kind in _types]
