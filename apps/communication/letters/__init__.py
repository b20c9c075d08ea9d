"""Letters: one class per letter, editable texts, plain text and HTML. An app above registers its letters.

`types` what a letter is, `language` the small template language of the texts, `texts` which text is in use,
`checks` what a text must keep, `typeset` text → HTML, `rendering` everything together. Nothing here can send.
"""

from apps.communication.letters.rendering import compose, render
from apps.communication.letters.types import (
    LetterType,
    Privacy,
    RealData,
    Values,
    Variable,
    all_types,
    of_kind,
    register,
)

__all__ = [
    "LetterType",
    "Privacy",
    "RealData",
    "Values",
    "Variable",
    "all_types",
    "compose",
    "of_kind",
    "register",
    "render",
]
