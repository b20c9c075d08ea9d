"""A morning's import: the doctors' register as a saved file, with changes, new people and things to look at.

Most entries say what is on file already. Fetching stays off: nobody has recorded a permission.
"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from apps.accounts.models import User
from apps.core.weekly import clock
from apps.scraping.enums import Standing
from apps.scraping.models import ChangeProposal, DirectoryRecord, ImportRun, Source
from apps.scraping.services import runs, working, working_up
from apps.therapists.enums import HoursKind, Seat
from apps.therapists.models import Approval, Therapist
from apps.therapists.services import duplicates
from apps.workspace.demo import people

KNOWN, NEW = 40, 9
METHODS = {
    "VT": "Verhaltenstherapie",
    "TP": "Tiefenpsychologisch fundierte Psychotherapie",
    "AP": "Analytische Psychotherapie",
    "ST": "Systemische Therapie",
}
AGES = {"adults": "Erwachsene", "minors": "Kinder und Jugendliche"}
SETTINGS = {"individual": "Einzeltherapie", "group": "Gruppentherapie"}
Say = Callable[[str], None]
Entry = dict[str, Any]


def take_in(rng: random.Random, *, coordinator: User, now: datetime, say: Say) -> None:
    """Read last week's file and this morning's, compare, and look for doubles."""
    source = _sources()
    known = list(_people().exclude(seat=Seat.NONE)[:KNOWN])
    before = [_of_therapist(number, one, now.date()) for number, one in enumerate(known)]
    _read(source, before, coordinator, now - timedelta(days=7))
    today = [*_changed(before), *_strangers(rng, now.date()), _institution()]
    run = _read(source, today, coordinator, now)
    duplicates.scan_therapists(at=now)
    duplicates.scan_practices(at=now)
    proposals = ChangeProposal.objects.filter(status="open").count()
    waiting = DirectoryRecord.objects.filter(standing__in=[Standing.NEW, Standing.UNCLEAR]).count()
    say(f"   Arztregister aus Datei: {run.seen} gesehen, {run.new} neu, {run.changed} geändert,")
    say(f"   {run.rejected} abgewiesen; {proposals} Änderungsvorschläge, {waiting} neue warten auf Prüfung")


def _sources() -> Source:
    """The register, and a chamber's list that nobody has read yet."""
    Source.objects.create(
        key="kammer-sachsen",
        name="Kammerliste Sachsen (CSV)",
        adapter="chamber_csv",
        stale_after_days=365,
    )
    return Source.objects.create(
        key="arztsuche",
        name="Arztsuche 116117",
        adapter="arztsuche",
        url="https://arztsuche.example/api/data",
    )


def _people() -> Any:
    return Therapist.objects.prefetch_related("approvals", "hours", "practices").order_by("pk")


def _read(source: Source, entries: list[Entry], coordinator: User, at: datetime) -> ImportRun:
    content = json.dumps({"moreResults": False, "arztPraxisDatas": entries}, ensure_ascii=False).encode()
    queued = runs.queue_file(
        source=source,
        name=f"arztsuche-{at:%Y-%m-%d}.json",
        content=content,
        fetched_on=at.date(),
        is_whole=True,
        actor=coordinator,
    )
    run = runs.take_up(at=at, run_id=queued.pk)
    assert run is not None  # nobody else works on the demo
    working.read_file(run=run, clock=lambda: at)
    working_up.work_up_ended(clock=lambda: at)
    run.refresh_from_db()
    return run


def _of_therapist(number: int, therapist: Therapist, today: date) -> Entry:
    practice = therapist.practices.all()[0]
    street, _space, house = practice.street.rpartition(" ")
    return {
        "id": str(900_000 + number),
        "arzt": True,
        "anrede": {"ms": "Frau", "mr": "Herr"}.get(therapist.salutation, ""),
        "geschlecht": {"female": "W", "male": "M"}.get(therapist.gender, ""),
        "titel": therapist.title,
        "vorname": therapist.first_name,
        "name": therapist.last_name,
        "strasse": street,
        "hausnummer": house,
        "plz": practice.plz,
        "ort": practice.city,
        "lat": practice.latitude,
        "lon": practice.longitude,
        "tel": practice.phone,
        "email": practice.email,
        "ag": [{"key": "12", "value": "Psychotherapie"}],
        "psy": [_approval(row) for row in therapist.approvals.all()],
        "tsz": _phone_days(therapist, today),
    }


def _approval(row: Approval) -> Entry:
    return {"heading": METHODS[row.method], "values": [f"{AGES[row.age_group]}, {SETTINGS[row.setting]}"]}


def _phone_days(therapist: Therapist, today: date) -> list[Entry]:
    """Dated days of the coming week, as the register prints them."""
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=1)
    rows = sorted(row.interval for row in therapist.hours.all() if row.kind == HoursKind.PHONE)
    return [_day(monday + timedelta(days=day), f"{clock(start)} - {clock(end)}") for day, start, end in rows]


def _day(on: date, hours: str) -> Entry:
    return {"d": on.isoformat(), "typTsz": [{"typ": "07", "sprechzeiten": [{"z": hours}]}]}


def _changed(before: list[Entry]) -> Iterator[Entry]:
    """A new number, a title, a move, other phone hours; one is not shown any more."""
    for number, entry in enumerate(before[:-1]):
        if number == 3:
            yield {**entry, "tel": "0341 0000999"}
        elif number == 7:
            yield {**entry, "titel": "Dr. phil."}
        elif number == 12:
            yield {**entry, "strasse": "Lindenplatz", "hausnummer": "3"}
        elif number == 18:
            yield {**entry, "tsz": [_day(date.fromisoformat("2026-11-24"), "09:00 - 09:50; 13:00 - 13:50")]}
        else:
            yield entry


def _strangers(rng: random.Random, today: date) -> Iterator[Entry]:
    for number in range(NEW):
        name = people.random_name(rng, rng.choice(("female", "male")), 1975)
        address = people.random_address(rng, rng.choice(people.REGIONS))
        street, _space, house = address.street.rpartition(" ")
        hours = "nach Vereinbarung" if number == 0 else "12:00 - 12:50"
        yield {
            "id": str(950_000 + number),
            "arzt": True,
            "anrede": "Frau" if name.gender == "female" else "Herr",
            "geschlecht": "W" if name.gender == "female" else "M",
            "vorname": name.first,
            "name": name.last,
            "strasse": street,
            "hausnummer": house,
            "plz": address.plz,
            "ort": address.city,
            "lat": address.latitude,
            "lon": address.longitude,
            "tel": people.random_landline(rng, address.city),
            "psy": [{"heading": METHODS["VT"], "values": ["Erwachsene, Einzeltherapie"]}],
            "fs": ["Englisch"] if number % 3 == 0 else [],
            "tsz": [_day(today + timedelta(days=number % 5), hours)],
        }


def _institution() -> Entry:
    return {"id": "990001", "arzt": False, "name": "MVZ am Beispielmarkt", "plz": "04109", "ort": "Leipzig"}
