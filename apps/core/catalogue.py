"""The German catalogue, kept with Python packages alone: no msgmerge, no msgfmt.

`update()` merges the texts of the source into the .po file, `problems()` lists what is not in order,
`compile_catalogue()` writes the .mo file Django loads (polib only: it runs in image builds too).
"""

import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import polib

from apps.core.translation import CatalogueError, Key, Message, Messages

LOCALE = "de"
HEADER = {
    "Project-Id-Version": "psychotherapie-vermittlung",
    "Language": LOCALE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}
PLURAL_FORMS = 2
WRAP_WIDTH = 100

# A space is no flag here: "50 % der" is text, not a conversion.
_PERCENT = re.compile(
    r"%(?:%|\((?P<name>\w+)\)[-+#0]*\d*(?:\.\d+)?(?P<kind>[a-z])|[-+#0]*\d*(?:\.\d+)?[dfrsx])"
)
_BRACE = re.compile(r"\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")


@dataclass(frozen=True, slots=True)
class Update:
    """What a merge did; `open` messages still need a translation."""

    total: int
    added: int
    removed: int
    open: int


def po_path(root: Path) -> Path:
    return root / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def read_catalogue(path: Path) -> polib.POFile:
    """Raises CatalogueError where the file is missing, malformed or says something twice."""
    if not path.is_file():
        raise CatalogueError(f"There is no {path}; `manage.py messages --update` writes it.")
    try:
        return polib.pofile(str(path), wrapwidth=WRAP_WIDTH, check_for_duplicates=True)
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{path.name}: {error}") from error


def update(path: Path, messages: Messages) -> Update:
    """Write `messages` to the .po file: unchanged texts keep their translation, nothing is guessed."""
    old = {_key(entry): entry for entry in read_catalogue(path)} if path.exists() else {}
    entries = [_entry(messages[key], old.get(key)) for key in sorted(messages, key=_order)]
    catalogue = polib.POFile(wrapwidth=WRAP_WIDTH)
    catalogue.metadata = dict(HEADER)
    catalogue.extend(entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path), newline="\n")
    return Update(
        total=len(entries),
        added=len(messages.keys() - old.keys()),
        removed=len(old.keys() - messages.keys()),
        open=sum(not entry.translated() for entry in entries),
    )


def compile_catalogue(path: Path) -> Path:
    """Write the .mo file beside the .po file; a running server reads the old or the new one, never a half."""
    target = path.with_suffix(".mo")
    part = path.with_suffix(".mo.part")
    part.write_bytes(read_catalogue(path).to_binary())
    part.replace(target)
    return target


def _key(entry: polib.POEntry) -> Key:
    return entry.msgctxt or "", entry.msgid


def _order(key: Key) -> tuple[str, str, str]:
    context, text = key
    return text.casefold(), text, context


def _entry(message: Message, old: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=message.text,
        msgctxt=message.context or None,
        msgid_plural=message.plural,
        msgstr_plural=dict.fromkeys(range(PLURAL_FORMS), "") if message.plural else {},
        occurrences=[(file, "") for file in sorted(message.files)],
        comment="\n".join(sorted(message.comments)),
        flags=_format_flags(message.text + message.plural),
    )
    if old is not None and old.msgid_plural == message.plural:
        entry.msgstr, entry.tcomment = old.msgstr, old.tcomment
        entry.msgstr_plural = old.msgstr_plural or entry.msgstr_plural
        entry.flags += ["fuzzy"] if old.fuzzy else []
    return entry


def _format_flags(text: str) -> list[str]:
    flags = {"python-format": _PERCENT.search(text), "python-brace-format": _BRACE.search(text)}
    return [flag for flag, is_found in flags.items() if is_found]


# What is not in order


def problems(path: Path, messages: Messages) -> list[str]:
    """One line per fault of the catalogue against the source; empty means complete."""
    catalogue = read_catalogue(path)
    known = {_key(entry): entry for entry in catalogue if not entry.obsolete}
    faults = [f"missing: {_quoted(key)}" for key in sorted(messages.keys() - known.keys(), key=_order)]
    faults += [f"no longer in the source: {_quoted(key)}" for key in sorted(known.keys() - messages.keys())]
    for key in sorted(messages.keys() & known.keys(), key=_order):
        faults += [f"{fault}: {_quoted(key)}" for fault in _faults(messages[key], known[key])]
    return faults + _does_not_load(catalogue)


def _faults(message: Message, entry: polib.POEntry) -> Iterator[str]:
    if entry.fuzzy:
        yield "fuzzy"
    if entry.msgid_plural != message.plural:
        yield "another plural than the source"
    elif not _is_complete(entry):
        yield "untranslated"
    else:
        yield from (fault for source, german in _pairs(entry) if (fault := _difference(source, german)))


def _is_complete(entry: polib.POEntry) -> bool:
    if entry.msgid_plural:
        return len(entry.msgstr_plural) == PLURAL_FORMS and all(entry.msgstr_plural.values())
    return bool(entry.msgstr)


def _pairs(entry: polib.POEntry) -> list[tuple[str, str]]:
    """English and German, form by form."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]


def _difference(source: str, german: str) -> str:
    """What would break or look wrong when the German text stands in for the source, or an empty text."""
    wanted, given = _placeholders(source), _placeholders(german)
    if wanted != given:
        return f"placeholders {given or 'none'} instead of {wanted or 'none'}"
    if "%" in _PERCENT.sub("", german) and "%" not in _PERCENT.sub("", source):
        return "a percent sign that is not doubled"
    if _edges(source) != _edges(german):
        return "other white space at the edges"
    return ""


def _placeholders(text: str) -> list[str]:
    """Named ones count once wherever they stand; unnamed ones by number and order."""
    percent = [match for match in _PERCENT.finditer(text) if match[0] != "%%"]
    named = {f"%({match['name']}){match['kind']}" for match in percent if match["name"]}
    unnamed = [match[0] for match in percent if not match["name"]]
    return sorted(named | {match[0] for match in _BRACE.finditer(text)}) + unnamed


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _does_not_load(catalogue: polib.POFile) -> list[str]:
    try:
        gettext.GNUTranslations(BytesIO(catalogue.to_binary()))
    except (ValueError, OSError, UnicodeError, KeyError) as error:
        return [f"does not compile: {error}"]
    return []


def _quoted(key: Key) -> str:
    context, text = key
    return f"“{text}” ({context})" if context else f"“{text}”"
