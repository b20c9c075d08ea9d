"""The handbook of the coordinators names what the software has, in the words of the screen."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.text import capfirst

from apps.core.catalogue import po_path, read_catalogue
from apps.core.parameters import DEFINITIONS
from apps.matching.engine.reasons import REASONS_BY_RULE, Reason
from apps.matching.phrases import PLAN_REASONS, REASONS, SCORE_PARTS, UNPLANNED_REASONS
from apps.patients.prerequisites import NEEDED_CONSENTS, USEFUL_CONSENTS

HANDBOOK = (Path(settings.BASE_DIR) / "docs" / "handbuch.md").read_text(encoding="utf-8")
ROWS = [line for line in HANDBOOK.splitlines() if line.startswith("|")]
CRISIS_NUMBERS = ("112", "0800 111 0 111", "0800 111 0 222", "116117")
# Bold is reserved for what stands on the screen; these words come from allauth.
NOT_OURS = {
    "Passwort vergessen?",
    "Zwei-Faktor-Authentifizierung",
    "Authenticator-App",
    "Sicherheitsschlüssel",
}


CATALOGUE = read_catalogue(po_path(Path(settings.BASE_DIR)))
GERMAN = {entry.msgid: entry.msgstr for entry in CATALOGUE}


def german(label: object) -> str:
    """What the German catalogue makes of a lazy text of the source."""
    with translation.override("en"):
        return GERMAN[str(label)]


def _rows_with(text: str) -> list[str]:
    return [row for row in ROWS if text in row]


def _number(value: float | str) -> str:
    return str(value).replace(".", ",")


@pytest.mark.parametrize("name", DEFINITIONS)
def test_handbook_names_parameter_with_default(name: str) -> None:
    definition = DEFINITIONS[name]
    default = f"`{definition.default}`" if definition.choices else f"| {_number(definition.default)} "
    assert [row for row in _rows_with(f"| {german(definition.label)} |") if default in row] != []


@pytest.mark.parametrize("reason", Reason)
def test_handbook_names_reason_under_its_rule(reason: Reason) -> None:
    rows = _rows_with(f"| {german(REASONS[reason])} |")
    assert [int(row.split()[1]) for row in rows] == [reason.rule]


def test_handbook_has_no_rule_the_engine_does_not_have() -> None:
    start = HANDBOOK.index("### Die zehn Regeln")
    table = HANDBOOK[start : HANDBOOK.index("### Rang und Bewertung")]
    assert {int(number) for number in re.findall(r"^\| (\d+) ", table, re.MULTILINE)} == set(REASONS_BY_RULE)


@pytest.mark.parametrize("sentences", [PLAN_REASONS, UNPLANNED_REASONS, SCORE_PARTS])
def test_handbook_names_sentences_of_planning(sentences: dict[str, object]) -> None:
    text = " ".join(HANDBOOK.split())
    assert [code for code, sentence in sentences.items() if german(sentence) not in text] == []


@pytest.mark.parametrize("purpose", [*NEEDED_CONSENTS, *USEFUL_CONSENTS])
def test_handbook_names_consent(purpose: object) -> None:
    assert _rows_with(f"| {german(purpose.label)} |") != []  # type: ignore[attr-defined]


def test_bold_words_stand_on_the_screen() -> None:
    """A button that was renamed would send people searching."""
    shown = {capfirst(entry.msgstr) for entry in CATALOGUE} | NOT_OURS | set(CRISIS_NUMBERS)
    bold = [" ".join(found.split()) for found in re.findall(r"\*\*(.+?)\*\*", HANDBOOK, re.DOTALL)]
    assert len(bold) > 100
    assert [text for text in bold if capfirst(text) not in shown] == []


@pytest.mark.parametrize("number", CRISIS_NUMBERS)
def test_handbook_names_crisis_number(number: str) -> None:
    assert f"**{number}**" in HANDBOOK


def test_links_lead_somewhere() -> None:
    headings = {_anchor(line) for line in HANDBOOK.splitlines() if line.startswith("#")}
    targets = re.findall(r"\]\(([^)]+)\)", HANDBOOK)
    lost = [target for target in targets if target.startswith("#") and target[1:] not in headings]
    files = [target for target in targets if not target.startswith(("#", "http"))]
    assert lost + [name for name in files if not (Path(settings.BASE_DIR) / "docs" / name).is_file()] == []


def _anchor(heading: str) -> str:
    """As GitHub makes it: lower case, only letters, digits and hyphens."""
    text = heading.lstrip("#").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
