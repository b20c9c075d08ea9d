"""What a therapist's own words seem to say. Rules only; in doubt nothing is suggested.

A person confirms every suggestion. `why` is the sentence it was read from.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from apps.communication.inbound import dates
from apps.communication.inbound.sentences import EVERYBODY, Sentence, sentences
from apps.communication.inbound.vocabulary import (
    BACK_ON,
    CALL_ME,
    DOES_NOT_SUIT,
    FOR_A_TIME,
    GONE,
    GREETING,
    LATER,
    NEGATED,
    NO_CAPACITY,
    NO_WAITING_LIST,
    OBJECTION,
    OFFERS_A_PLACE,
    OPENING,
    SOME_OF_THEM,
    UNCERTAIN,
    UNTIL,
    WAITING_LIST,
    YES,
)

ACCEPTED, WAITLISTED, REJECTED = "accepted", "waitlisted", "rejected"
CAPACITY, NOT_SUITABLE, OTHER = "capacity", "not_suitable", "other"
HIGH, LOW = "high", "low"
LONGEST = 6000  # characters; an answer stands at the top


@dataclass(frozen=True)
class Said:
    """What one case got for an answer."""

    outcome: str
    why: str
    reason: str = ""
    waitlist_until: date | None = None
    confidence: str = HIGH


@dataclass
class Reading:
    """`answers` by case code. `objection` and `callback` carry the sentence, "" for no."""

    answers: dict[str, Said] = field(default_factory=dict)
    objection: str = ""
    callback: str = ""
    pause_until: date | None = None
    free_from: date | None = None
    why: str = ""

    @property
    def confidence(self) -> str:
        """The weakest of all; "" where nothing could be read."""
        levels = {said.confidence for said in self.answers.values()}
        return LOW if LOW in levels else HIGH if levels or self.objection else ""

    def as_json(self, ids: dict[str, int]) -> dict[str, Any]:
        """For the row; `ids` tells which request a case code means."""
        answers = {str(ids[code]): _json(said) for code, said in self.answers.items()}
        return {
            "answers": answers,
            "objection": bool(self.objection),
            "callback": bool(self.callback),
            "pause_until": self.pause_until.isoformat() if self.pause_until else None,
            "free_from": self.free_from.isoformat() if self.free_from else None,
            "confidence": self.confidence,
            "why": self.why,
        }


def read(text: str, *, codes: Iterable[str], today: date) -> Reading:
    """What the new words of a message say to the cases it may answer; `today` is the day it came."""
    codes = list(codes)
    text = text[:LONGEST]
    reading = Reading()
    said: dict[str, list[Said]] = {code: [] for code in codes}
    is_unclear = False
    for sentence in _worth_reading(text, codes):
        _note_wishes(reading, sentence.text, today)
        if reading.objection == sentence.text or reading.why == sentence.text:
            continue
        judged = _judge(sentence.text, today)
        if judged is None:
            _note_free_place(reading, sentence.text, today)
            continue
        is_unclear |= _is_about_some(sentence, judged, codes)
        for code in sentence.cases or codes:
            said[code].append(judged)
    if not is_unclear:
        reading.answers = {code: one for code, each in said.items() if (one := _agreed(each)) is not None}
    reading.why = reading.why or reading.objection or _first_why(reading)
    return reading


def absence_until(text: str, *, today: date) -> date | None:
    """Its last day: the day after "bis", else the day before "wieder ab", else the last day told."""
    for pattern, shift in ((UNTIL, 0), (BACK_ON, -1)):
        for match in pattern.finditer(text):
            rest = text[match.end() : match.end() + 60]
            if (found := dates.find(rest, today=today)) and found[0].start < 30:
                return dates.add_days(found[0].day, shift)
    days = [found.day for found in dates.find(text, today=today)]
    return max(days) if days else None


def _worth_reading(text: str, codes: list[str]) -> list[Sentence]:
    """Without the opening, questions, and everything below the closing formula."""
    kept: list[Sentence] = []
    for sentence in sentences(OPENING.sub("", text), codes):
        if GREETING.search(sentence.text):
            break
        words = OPENING.sub("", sentence.text).strip()
        if words and not words.endswith("?"):
            kept.append(Sentence(words, sentence.cases))
    return kept


def _note_wishes(reading: Reading, words: str, today: date) -> None:
    if OBJECTION.search(words):
        until = dates.first(words, today=today) if FOR_A_TIME.search(words) else None
        if until is None and not FOR_A_TIME.search(words):
            reading.objection = words
        reading.pause_until = until or reading.pause_until
        reading.why = reading.why or words
    if CALL_ME.search(words) and not NEGATED.search(words):
        reading.callback = reading.callback or words


def _judge(words: str, today: date) -> Said | None:
    """One sentence: negations first, then waiting lists, then what is left of a yes."""
    if GONE.search(words):
        return Said(REJECTED, words, reason=OTHER)
    if (later := _waiting(words, today)) is not None:
        return later
    if DOES_NOT_SUIT.search(words) and not UNCERTAIN.search(words):
        return Said(REJECTED, words, reason=NOT_SUITABLE)
    if NO_CAPACITY.search(words):
        return Said(REJECTED, words, reason=CAPACITY)
    if NEGATED.search(words) or UNCERTAIN.search(words) or not YES.search(words):
        return None
    return None if dates.first(words, today=today) else Said(ACCEPTED, words)


def _waiting(words: str, today: date) -> Said | None:
    if NO_WAITING_LIST.search(words) and not LATER.search(words):
        return None
    is_list = WAITING_LIST.search(words) is not None and not NO_WAITING_LIST.search(words)
    found = dates.find(words, today=today)
    day = found[-1].day if found else None
    is_no_for_now = day is not None and NEGATED.search(words) is not None and LATER.search(words) is not None
    if not is_list and not is_no_for_now:
        return None
    return Said(WAITLISTED, words, waitlist_until=day, confidence=HIGH if is_list and day else LOW)


def _note_free_place(reading: Reading, words: str, today: date) -> None:
    """A place from a later day on is neither a yes for today nor a waiting list: a person looks."""
    day = dates.first(words, today=today)
    if day and OFFERS_A_PLACE.search(words) and YES.search(words) and not NEGATED.search(words):
        reading.free_from, reading.why = day, reading.why or words


def _is_about_some(sentence: Sentence, said: Said, codes: list[str]) -> bool:
    """Several were asked about, and which one is meant stands nowhere: one place is not two."""
    if len(codes) < 2 or sentence.cases:
        return False
    is_for_all = EVERYBODY.search(sentence.text) is not None
    return SOME_OF_THEM.search(sentence.text) is not None or (said.outcome == ACCEPTED and not is_for_all)


def _agreed(each: list[Said]) -> Said | None:
    """One answer of several sentences about the same case; None where they contradict each other."""
    outcomes = {said.outcome for said in each}
    if ACCEPTED in outcomes:
        return each[0] if outcomes == {ACCEPTED} else None
    if WAITLISTED in outcomes:
        lists = [said for said in each if said.outcome == WAITLISTED]
        return next((said for said in lists if said.waitlist_until), lists[0])
    if not each:
        return None
    reasons = [said.reason for said in each]
    first = next(said for said in each if said.reason == min(reasons, key=_ORDER.index))
    return first if len(set(reasons)) == 1 else _doubtful(first)


_ORDER = [OTHER, CAPACITY, NOT_SUITABLE]  # an exclusion for good needs to be said alone


def _doubtful(said: Said) -> Said:
    return Said(said.outcome, said.why, said.reason, said.waitlist_until, LOW)


def _first_why(reading: Reading) -> str:
    return next((said.why for said in reading.answers.values()), "")


def _json(said: Said) -> dict[str, Any]:
    values = asdict(said)
    values["waitlist_until"] = said.waitlist_until.isoformat() if said.waitlist_until else None
    return values
