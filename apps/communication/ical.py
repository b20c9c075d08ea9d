"""Pure: planned calls as a calendar (RFC 5545). Names therapist and phone; of patients it says nothing."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from apps.communication.models import PhoneCall
from apps.communication.phone_hours import BERLIN
from apps.core.contacts import readable_phone

PRODUCT = "-//Psychotherapie-Vermittlung//Anrufe//DE"
REFRESH = timedelta(minutes=15)
# the clock changes of the years around are written into the calendar
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2038, 1, 1)


def calendar(calls: Iterable[PhoneCall], *, site_url: str, domain: str) -> bytes:
    """The same rows give the same bytes; an event keeps its UID, and its SEQUENCE only grows."""
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", "Anrufe")
    found.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for call in calls:
        found.add_component(_event(call, site_url=site_url, domain=domain))
    found.add_missing_timezones(FIRST_DAY, LAST_DAY)
    return found.to_ical()


def _event(call: PhoneCall, *, site_url: str, domain: str) -> Event:
    url = f"{site_url}/calls/{call.pk}/"
    event = Event()
    event.add("uid", f"call-{call.pk}@{domain}")
    event.add("summary", f"Anruf: {_subject(call)}")
    event.add("dtstart", _local(call.starts_at))
    event.add("dtend", _local(call.ends_at))
    event.add("dtstamp", call.updated_at)
    event.add("last-modified", call.updated_at)
    event.add("sequence", (call.updated_at - call.created_at) // timedelta(seconds=1))
    event.add("description", f"{call.therapist.full_name}\nTelefon {readable_phone(call.phone)}\n{url}")
    event.add("url", url)
    event.add("status", "CONFIRMED")
    event.add("class", "PRIVATE")
    return event


def _subject(call: PhoneCall) -> str:
    """Practice, therapist and number in one line: all that a small screen shows."""
    name = call.practice.name if call.practice else ""
    practice = f"{name}, " if name else "Praxis "
    return f"{practice}{call.therapist.full_name}, {readable_phone(call.phone)}"


def _local(moment: datetime) -> datetime:
    return moment.astimezone(BERLIN)
