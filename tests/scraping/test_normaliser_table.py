"""What printed strings become, against answers written by hand; nothing may be silently wrong."""

from collections.abc import Callable
from datetime import date

import pytest

from apps.core.imports.contact_cells import read_email, read_phone, read_plz, read_website
from apps.core.imports.hours import read_ranges, read_week, weekday_of
from apps.core.imports.persons import read_name
from apps.core.weekly import clock
from apps.scraping.normalise import read_approvals, read_languages
from tests.scraping import normaliser_table as table

FETCHED_ON = date(2026, 11, 22)
DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
LEAST_RIGHT_PERCENT = 99

Answer = tuple[str, bool]
"""(the value as the table writes it, does a person have to look)"""


def name(text: str) -> Answer:
    reading = read_name(text)
    found = reading.name
    answer = f"{found.title}|{found.first_name}|{found.last_name}" if reading.is_person else ""
    return answer, bool(reading.doubts)


def slot(text: str) -> Answer:
    ranges, doubts = read_ranges(text)
    return ", ".join(f"{clock(start)}-{clock(end)}" for start, end in ranges), bool(doubts)


def week(text: str) -> Answer:
    intervals, doubts = read_week(text)
    hours = [f"{DAYS[day]} {clock(start)}-{clock(end)}" for day, start, end in intervals]
    return "; ".join(hours), bool(doubts)


def day(text: str) -> Answer:
    dated, _bar, printed = text.partition("|")
    number, doubts = weekday_of(dated, printed, fetched_on=FETCHED_ON)
    return "" if number is None else DAYS[number], bool(doubts)


def approvals(text: str) -> Answer:
    found, _rest, doubts = read_approvals([text])
    letters = {"adults": "E", "minors": "K", "individual": "E", "group": "G"}
    texts = sorted(f"{method}-{letters[age]}-{letters[how]}" for method, age, how in found)
    return " ".join(texts), bool(doubts)


def languages(text: str) -> Answer:
    found, _rest, doubts = read_languages([text])
    return " ".join(found), bool(doubts)


def cell(read: Callable[[str], tuple[str, list[str]]]) -> Callable[[str], Answer]:
    def answer(text: str) -> Answer:
        value, doubts = read(text)
        return value, bool(doubts)

    return answer


TABLES: list[tuple[str, Callable[[str], Answer], list[table.Row]]] = [
    ("names", name, table.NAMES),
    ("hours of a slot", slot, table.SLOTS),
    ("hours of a week", week, table.WEEKS),
    ("weekdays", day, table.DAYS),
    ("phones", cell(read_phone), table.PHONES),
    ("e-mails", cell(read_email), table.EMAILS),
    ("websites", cell(read_website), table.WEBSITES),
    ("postal codes", cell(read_plz), table.PLZ),
    ("approvals", approvals, table.APPROVALS),
    ("languages", languages, table.LANGUAGES),
]


@pytest.mark.parametrize(("read", "rows"), [one[1:] for one in TABLES], ids=[one[0] for one in TABLES])
def test_nothing_is_silently_wrong(read: Callable[[str], Answer], rows: list[table.Row]) -> None:
    wrong = {text: read(text) for text, answer, look in rows if _is_silently_wrong(read(text), answer, look)}
    assert wrong == {}


def test_nearly_all_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(read(text), answer, look) for _name, read, rows in TABLES for text, answer, look in rows]
    right = sum(found == (answer, look) for found, answer, look in rows)
    looks = sum(found[1] for found, _answer, _look in rows)
    silent = sum(_is_silently_wrong(*row) for row in rows)
    with capsys.disabled():
        print(f"\nnormaliser strings={len(rows)} right={right} needs_a_look={looks} silently_wrong={silent}")
    assert (right * 100 >= LEAST_RIGHT_PERCENT * len(rows), silent) == (True, 0)


def test_table_is_large_enough() -> None:
    hours = len(table.SLOTS) + len(table.WEEKS)
    others = len(table.PHONES) + len(table.EMAILS) + len(table.WEBSITES)
    assert (len(table.NAMES) >= 140, hours >= 120, others >= 40) == (True, True, True)
    texts = [(name, text) for name, _read, rows in TABLES for text, _answer, _look in rows]
    assert len(texts) == len(set(texts))


def _is_silently_wrong(found: Answer, answer: str, look: bool) -> bool:
    """Another value, or one that nobody is told to look at although somebody should."""
    value, is_doubted = found
    return not is_doubted and (value != answer or look)
