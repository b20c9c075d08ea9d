"""The German catalogue on a small project of its own, and Django reading what it wrote."""

import gettext
import sys
from io import StringIO
from pathlib import Path

import polib
import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import trans_real
from pytest_django import Settings

from apps.core.catalogue import compile_catalogue, po_path, problems, update
from apps.core.translation import CatalogueError, extract, untrimmed

CODE = """
from django.utils.translation import gettext_lazy as _, ngettext, npgettext, pgettext_lazy

TITLE = _("Search")
SHOUT = _("Call %(name)s " "at {hour}") % {"name": _("nobody")}
# Translators: a state of the request
STATE = pgettext_lazy("request", "open")
DAYS = ngettext("%(n)d day", "%(n)d days", 2)
SEATS = npgettext("practice", "seat", "seats", 2)
NOT_OURS = print("Never seen"), _(f"{TITLE}"), _(TITLE)
"""
PAGE = """
{% load i18n %}
    {% if rows %}
  {% translate "Save" %} it's {{ rows|default:_("none") }}
  {% translate "open" context "door" %}
    {% endif %}
{% include "x.html" with label=_("Release") %}
{% blocktranslate trimmed count n=rows|length %}
    {{ n }} row
    of 100%
{% plural %}
    {{ n }} rows
{% endblocktranslate %}
{% blocktranslate trimmed with who=patient.name context "letter" %}Dear {{ who }},{% endblocktranslate %}
{# Save is a comment #}
"""
CODE_TEXTS = {
    ("", "Search"): "",
    ("", "Call %(name)s at {hour}"): "",
    ("", "nobody"): "",
    ("request", "open"): "",
    ("", "%(n)d day"): "%(n)d days",
    ("practice", "seat"): "seats",
}
PAGE_TEXTS = {
    ("", "Save"): "",
    ("", "none"): "",
    ("door", "open"): "",
    ("", "Release"): "",
    ("", "%(n)s row of 100%%"): "%(n)s rows",
    ("letter", "Dear %(who)s,"): "",
}


@pytest.fixture
def project(tmp_path: Path, settings: Settings) -> Path:
    """A project with one module and one template, untouched by any catalogue."""
    _write(tmp_path, "apps/desk/views.py", CODE)
    _write(tmp_path, "templates/desk/page.html", PAGE)
    settings.BASE_DIR = tmp_path
    return tmp_path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project that says one thing."""
    _write(tmp_path, "apps/a.py", '_("Save")')
    update(po_path(tmp_path), extract(tmp_path))
    return tmp_path


def _write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _translate(root: Path, **texts: str) -> None:
    catalogue = polib.pofile(str(po_path(root)))
    for text, german in texts.items():
        catalogue.find(text).msgstr = german
    catalogue.save()


def _fill(root: Path) -> None:
    """Every message says in German what it says in English."""
    catalogue = polib.pofile(str(po_path(root)))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: entry.msgid, 1: entry.msgid_plural}
        else:
            entry.msgstr = entry.msgid
    catalogue.save()


def _run(*options: str) -> str:
    out = StringIO()
    call_command("messages", *options, stdout=out)
    return out.getvalue()


def _faults_of(root: Path, source: str, german: str) -> list[str]:
    _write(root, "apps/a.py", f"_({source!r})")
    update(po_path(root), extract(root))
    _translate(root, **{source: german})
    return problems(po_path(root), extract(root))


def test_extract_finds_code_and_templates(project: Path) -> None:
    found = {key: message.plural for key, message in extract(project).items()}
    assert found == CODE_TEXTS | PAGE_TEXTS


def test_extract_leaves_out_migrations(tmp_path: Path) -> None:
    _write(tmp_path, "apps/a/migrations/0001_initial.py", '_("Save")')
    assert extract(tmp_path) == {}


def test_extract_joins_files_and_singular_with_plural(tmp_path: Path) -> None:
    _write(tmp_path, "apps/a.py", '_("day")')
    _write(tmp_path, "config/b.py", 'ngettext("day", "days", 2)')
    message = extract(tmp_path)["", "day"]
    assert (message.plural, message.files) == ("days", {"apps/a.py", "config/b.py"})


def test_extract_two_plurals_of_one_text_are_an_error(tmp_path: Path) -> None:
    _write(tmp_path, "apps/a.py", 'ngettext("day", "days", 2)\nngettext("day", "Days", 2)')
    with pytest.raises(CatalogueError, match=r"another plural in apps/a\.py"):
        extract(tmp_path)


def test_extract_broken_template_names_the_file(tmp_path: Path) -> None:
    _write(tmp_path, "templates/a.html", "{% blocktranslate trimmed %}{% if a %}{% endblocktranslate %}")
    with pytest.raises(
        CatalogueError, match=r"a\.html: Translation blocks must not include other block tags"
    ):
        extract(tmp_path)


def test_extract_broken_code_names_the_file(tmp_path: Path) -> None:
    _write(tmp_path, "apps/a.py", 'x = (\n_("Save")\n')
    with pytest.raises(CatalogueError, match=r"apps/a\.py"):
        extract(tmp_path)


def test_extract_without_babel_says_what_is_missing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "babel.messages.extract", None)
    with pytest.raises(CatalogueError, match=r"needs babel \(requirements/dev\.txt\)"):
        extract(project)


def test_update_writes_sorted_entries_with_files(project: Path) -> None:
    assert _run("--update") == "German catalogue: 12 messages, 12 new, 0 removed, 12 to translate\n"
    catalogue = polib.pofile(str(po_path(project)))
    texts = [entry.msgid for entry in catalogue]
    assert texts == sorted(texts, key=str.casefold)
    assert catalogue.metadata["Plural-Forms"] == "nplurals=2; plural=(n != 1);"
    call = catalogue.find("Call %(name)s at {hour}")
    assert call.occurrences == [("apps/desk/views.py", "")]
    assert call.flags == ["python-format", "python-brace-format"]
    assert catalogue.find("open", msgctxt="request").comment == "a state of the request"


def test_update_keeps_translations_and_drops_what_is_gone(project: Path) -> None:
    _run("--update")
    _translate(project, Search="Platzsuche", Save="Speichern")
    _write(project, "apps/desk/views.py", '_("Search")\n_("Searches")')
    assert _run("--update") == "German catalogue: 8 messages, 1 new, 5 removed, 6 to translate\n"
    catalogue = polib.pofile(str(po_path(project)))
    assert catalogue.find("Search").msgstr == "Platzsuche"
    assert catalogue.find("Save").msgstr == "Speichern"
    assert catalogue.find("Searches").msgstr == ""
    assert catalogue.find("nobody") is None
    assert list(catalogue.obsolete_entries()) == []


def test_update_changed_plural_needs_a_new_translation(tmp_path: Path) -> None:
    _write(tmp_path, "apps/a.py", 'ngettext("day", "days", 2)')
    update(po_path(tmp_path), extract(tmp_path))
    _fill(tmp_path)
    _write(tmp_path, "apps/a.py", 'ngettext("day", "many days", 2)')
    update(po_path(tmp_path), extract(tmp_path))
    assert polib.pofile(str(po_path(tmp_path))).find("day").msgstr_plural == {0: "", 1: ""}


def test_update_again_changes_nothing(project: Path) -> None:
    _run("--update")
    _fill(project)
    _run("--update")
    before = po_path(project).read_bytes()
    assert _run("--update") == "German catalogue: 12 messages, 0 new, 0 removed, 0 to translate\n"
    assert po_path(project).read_bytes() == before


def test_check_complete_catalogue_says_so(project: Path) -> None:
    _run("--update")
    _fill(project)
    assert _run("--check") == "German catalogue: 12 messages, complete\n"


def test_check_lists_every_fault(project: Path) -> None:
    _run("--update")
    _fill(project)
    _translate(project, Save="", Search="Suche %s")
    _write(project, "templates/desk/new.html", "{% blocktranslate %}New{% endblocktranslate %}")
    with pytest.raises(CommandError) as raised:
        _run("--check")
    assert str(raised.value).splitlines() == [
        "German catalogue: 4 faults",
        "  missing: “New”",
        "  untranslated: “Save”",
        "  placeholders ['%s'] instead of none: “Search”",
        "  untrimmed blocktranslate: templates/desk/new.html:1",
    ]


def test_check_without_catalogue_says_what_to_do(project: Path) -> None:
    with pytest.raises(CommandError, match=r"`manage\.py messages --update` writes it"):
        _run("--check")


def test_problems_fuzzy_entry(small: Path) -> None:
    catalogue = polib.pofile(str(po_path(small)))
    catalogue.find("Save").msgstr = "Speichern"
    catalogue.find("Save").flags.append("fuzzy")
    catalogue.save()
    update(po_path(small), extract(small))
    assert problems(po_path(small), extract(small)) == ["fuzzy: “Save”"]


def test_problems_text_gone_from_the_source(small: Path) -> None:
    _translate(small, Save="Speichern")
    _write(small, "apps/a.py", "")
    assert problems(po_path(small), extract(small)) == ["no longer in the source: “Save”"]


def test_problems_plural_form_missing(tmp_path: Path) -> None:
    _write(tmp_path, "apps/a.py", 'npgettext("time", "day", "days", 2)')
    update(po_path(tmp_path), extract(tmp_path))
    catalogue = polib.pofile(str(po_path(tmp_path)))
    catalogue[0].msgstr_plural = {0: "Tag", 1: ""}
    catalogue.save()
    assert problems(po_path(tmp_path), extract(tmp_path)) == ["untranslated: “day” (time)"]


def test_problems_unreadable_plural_rule(small: Path) -> None:
    _translate(small, Save="Speichern")
    path = po_path(small)
    path.write_text(path.read_text("utf-8").replace("plural=(n != 1)", "plural=(n != "), "utf-8")
    assert problems(path, extract(small)) == ["does not compile: unexpected end of plural form"]


@pytest.mark.parametrize(
    ("source", "german"),
    [
        ("%(a)s of %(b)s", "%(b)s: %(a)s und noch einmal %(a)s"),
        ("{a:>3} by {b!r}", "{b!r} mit {a:>3}"),
        ("%s by %d", "%s mit %d"),
        ("100% sure", "100 % sicher"),
        ("%(a)s, 100%% sure", "%(a)s, zu 100 %% sicher"),
        ("Name: ", "Name: "),
    ],
)
def test_problems_same_placeholders_are_fine(small: Path, source: str, german: str) -> None:
    assert _faults_of(small, source, german) == []


@pytest.mark.parametrize(
    ("source", "german", "fault"),
    [
        ("Of %(name)s", "Von %(nmae)s", "placeholders ['%(nmae)s'] instead of ['%(name)s']"),
        ("Of %(n)d", "Von %(n)s", "placeholders ['%(n)s'] instead of ['%(n)d']"),
        ("Of {name}", "Von allen", "placeholders none instead of ['{name}']"),
        ("%s by %d", "%d mit %s", "placeholders ['%d', '%s'] instead of ['%s', '%d']"),
        ("%(a)s surely", "%(a)s zu 100 % sicher", "a percent sign that is not doubled"),
        ("Name: ", "Name:", "other white space at the edges"),
    ],
)
def test_problems_text_that_would_break(small: Path, source: str, german: str, fault: str) -> None:
    assert _faults_of(small, source, german) == [f"{fault}: “{source}”"]


def test_read_catalogue_with_a_double_entry_is_refused(small: Path) -> None:
    path = po_path(small)
    path.write_text(path.read_text("utf-8") + '\nmsgid "Save"\nmsgstr "Sichern"\n', "utf-8")
    with pytest.raises(CatalogueError, match="Save"):
        compile_catalogue(path)


def test_compile_writes_what_gettext_reads(project: Path) -> None:
    _run("--update")
    _fill(project)
    _translate(project, Save="Speichern")
    assert _run("--compile") == "Compiled locale/de/LC_MESSAGES/django.mo\n"
    with po_path(project).with_suffix(".mo").open("rb") as file:
        german = gettext.GNUTranslations(file)
    assert german.gettext("Save") == "Speichern"
    assert german.pgettext("request", "open") == "open"
    assert [german.ngettext("%(n)d day", "%(n)d days", n) for n in (1, 2)] == ["%(n)d day", "%(n)d days"]
    assert [path.name for path in sorted(po_path(project).parent.iterdir())] == ["django.mo", "django.po"]


def test_compiled_catalogue_is_used_by_django(small: Path, settings: Settings) -> None:
    _translate(small, Save="Aufheben")
    compile_catalogue(po_path(small))
    settings.LOCALE_PATHS = [small / "locale"]
    assert trans_real.DjangoTranslation("de").gettext("Save") == "Aufheben"


def test_messages_without_option_prints_help() -> None:
    assert "--update" in _run()


def test_untrimmed_accepts_trimmed_blocks(project: Path) -> None:
    assert untrimmed(project) == []
