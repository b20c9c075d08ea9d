"""The letters as staff see them: which text is in use since when, the versions, previews. Reads only."""

from dataclasses import dataclass
from datetime import date

from apps.communication.letters.checks import is_sound
from apps.communication.letters.rendering import compose
from apps.communication.letters.texts import Wording
from apps.communication.letters.types import LetterType, Values, all_types
from apps.communication.models import LetterText
from apps.communication.services.queue import Letter

SAMPLE_NAMES = ("several", "one", "sparse")


@dataclass(frozen=True)
class Row:
    """One letter in the list. `newest` tells who changed it last, `current` is the text in use if changed."""

    letter_type: type[LetterType]
    newest: LetterText | None
    current: LetterText | None
    is_broken: bool


@dataclass(frozen=True)
class Preview:
    """A filled letter, whose data it shows, and which patients are seen by looking at it."""

    letter: Letter
    sample: str
    about: str
    is_about_found: bool
    patient_ids: list[int]

    @property
    def is_real(self) -> bool:
        return bool(self.about) and self.is_about_found


def rows() -> list[Row]:
    newest: dict[str, LetterText] = {}
    current: dict[str, LetterText] = {}
    for text in LetterText.objects.select_related("created_by").order_by("kind", "version"):
        newest[text.kind] = text
        if text.is_current:
            current[text.kind] = text
    return [
        Row(
            letter_type=letter_type,
            newest=newest.get(letter_type.kind),
            current=current.get(letter_type.kind),
            is_broken=is_broken(letter_type, current.get(letter_type.kind)),
        )
        for letter_type in all_types()
    ]


def is_broken(letter_type: type[LetterType], text: LetterText | None) -> bool:
    """The changed text does not fit the program any more; the program's own is used instead."""
    return text is not None and not is_sound(letter_type, text.subject, text.body)


def versions(kind: str) -> list[LetterText]:
    return list(LetterText.objects.filter(kind=kind).select_related("created_by").order_by("-version"))


def preview(
    letter_type: type[LetterType], wording: Wording, *, sample: str, about: str, today: date
) -> Preview:
    """With the data of the case `about` if there is one, else with sample values. Sends nothing."""
    found = letter_type.real(about, today=today) if about else None
    name = sample if sample in SAMPLE_NAMES else SAMPLE_NAMES[0]
    values: Values = found.values if found else letter_type.samples()[name]
    return Preview(
        letter=compose(letter_type, wording, values),
        sample=name,
        about=about,
        is_about_found=found is not None,
        patient_ids=found.patient_ids if found else [],
    )
