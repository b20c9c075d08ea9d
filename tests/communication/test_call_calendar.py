"""The calendar of a coordinator: secret address, stable events, nothing about patients."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from apps.accounts.models import User
from apps.communication.models import CalendarFeed, PhoneCall
from apps.communication.phone_hours import BERLIN
from apps.communication.services import calendars, calls
from tests.communication.rows import call_at
from tests.factories.matching import InquiryFactory, RequestFactory
from tests.factories.therapists import PracticeFactory, TherapistFactory

pytestmark = pytest.mark.django_db

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def token(coordinator: User, at: datetime) -> str:
    return calendars.renew(user=coordinator, at=at)


def planned(user: User | None, starts_at: datetime, **fields: Any) -> PhoneCall:
    practice = PracticeFactory(name="Praxis am Ring", phone="+493415550199")
    therapist = fields.pop("therapist", None) or TherapistFactory(
        practice=practice, title="Dr. phil.", first_name="Ida", last_name="Moll"
    )
    return call_at(
        starts_at, therapist=therapist, practice=practice, phone=practice.phone, coordinator=user, **fields
    )


def read(token: str, **headers: str) -> Any:
    return Client().get(reverse("communication:call_feed", args=[token]), headers=headers)


def events(token: str) -> list[Any]:
    return list(Calendar.from_ical(read(token).content).walk("VEVENT"))


def test_event_has_local_time_zone_and_everything_for_a_small_screen(
    coordinator: User, token: str, settings: Any
) -> None:
    settings.SITE_URL = "https://office.example.org"
    starts_at = datetime(2026, 11, 24, 14, 0, tzinfo=BERLIN)
    call = planned(coordinator, starts_at)
    response = read(token)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    text = response.content.decode()
    assert "DTSTART;TZID=Europe/Berlin:20261124T140000" in text
    assert "DTEND;TZID=Europe/Berlin:20261124T140500" in text
    calendar = Calendar.from_ical(text)
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
    (event,) = calendar.walk("VEVENT")
    assert event["SUMMARY"] == "Anruf: Praxis am Ring, Dr. phil. Ida Moll, 0341 5550199"
    assert event["URL"] == f"https://office.example.org/calls/{call.pk}/"
    assert event["UID"] == f"call-{call.pk}@office.example.org"
    assert (event["SEQUENCE"], event.decoded("LAST-MODIFIED")) == (0, call.updated_at.replace(microsecond=0))


def test_wall_time_stays_over_the_change_of_the_clocks(coordinator: User, token: str) -> None:
    with time_machine.travel(datetime(2026, 10, 20, 8, 0, tzinfo=BERLIN), tick=False):
        for day in (23, 26):
            planned(coordinator, datetime(2026, 10, day, 9, 0, tzinfo=BERLIN))
        starts = [event.decoded("DTSTART") for event in events(token)]
    assert [moment.hour for moment in starts] == [9, 9]
    assert [moment.utcoffset() for moment in starts] == [2 * HOUR, HOUR]


def test_feed_holds_only_what_this_person_is_to_call(
    coordinator: User, manager: User, token: str, at: datetime
) -> None:
    mine = [planned(coordinator, at + shift) for shift in (-HOUR, 59 * DAY)]
    planned(coordinator, at - DAY)
    planned(coordinator, at + 61 * DAY)
    planned(manager, at)
    planned(None, at)
    cancelled = planned(coordinator, at + HOUR)
    calls.cancel(call=cancelled, actor=None, at=at, reason="place found")
    assert [event["UID"].split("@")[0] for event in events(token)] == [f"call-{call.pk}" for call in mine]


def test_feed_says_nothing_about_patients(coordinator: User, token: str, at: datetime) -> None:
    inquiry = InquiryFactory()
    row = RequestFactory(inquiry=inquiry, status="released", search__patient__last_name="Geheimname")
    call = planned(coordinator, at + HOUR, therapist=inquiry.therapist, note="mag nur F32")
    inquiry.contacts.create(call=call, request_ids=[row.pk])
    text = read(token).content.decode().replace("\r\n ", "")
    assert "Anruf: " in text
    secrets = ("Geheimname", row.search.patient.case_code, inquiry.reference, "F32", "mag nur")
    assert [secret for secret in secrets if secret in text] == []


def test_feed_is_the_same_to_the_byte_and_304_until_something_changes(
    coordinator: User, token: str, at: datetime
) -> None:
    call = planned(coordinator, at + HOUR)
    first = read(token)
    assert read(token).content == first.content
    again = read(token, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    with time_machine.travel(at + timedelta(minutes=3), tick=False):
        call.ends_at += HOUR
        call.save(update_fields=["ends_at", "updated_at"])
        changed = read(token, if_none_match=first["ETag"])
    (event,) = Calendar.from_ical(changed.content).walk("VEVENT")
    assert (changed.status_code, event["SEQUENCE"]) == (200, 180)
    assert event["UID"].startswith(f"call-{call.pk}@")


def test_unknown_old_and_revoked_addresses_are_not_found(coordinator: User, token: str, at: datetime) -> None:
    assert (read("x").status_code, read(token).status_code) == (404, 200)
    other = calendars.renew(user=coordinator, at=at)
    assert (read(token).status_code, read(other).status_code) == (404, 200)
    calendars.revoke(user=coordinator)
    assert read(other).status_code == 404


def test_address_of_somebody_who_left_is_not_found(coordinator: User, token: str) -> None:
    User.objects.filter(pk=coordinator.pk).update(is_active=False)
    assert read(token).status_code == 404


def test_reading_is_noted_once_an_hour(coordinator: User, token: str, at: datetime) -> None:
    noted = []
    for minutes in (0, 59, 60):
        with time_machine.travel(at + timedelta(minutes=minutes), tick=False):
            read(token)
        noted.append(CalendarFeed.objects.get().last_read_at)
    assert noted == [at, at, at + HOUR]


def test_page_shows_the_address_once_and_keeps_only_its_fingerprint(
    coordinator_client: Client, coordinator: User
) -> None:
    page = reverse("communication:call_calendar")
    assert "/calls/feed/" not in coordinator_client.get(page).content.decode()
    shown = coordinator_client.post(reverse("communication:renew_call_calendar"))
    address = shown.context["address"]
    assert address in shown.content.decode()
    secret = address.rpartition("/")[2].removesuffix(".ics")
    feed = CalendarFeed.objects.get(user=coordinator)
    assert (len(feed.token_hash), feed.token_hash) == (64, calendars.fingerprint(secret))
    assert secret not in coordinator_client.get(page).content.decode()
    assert read(secret).status_code == 200
    assert coordinator_client.post(reverse("communication:revoke_call_calendar")).status_code == 302
    assert read(secret).status_code == 404


@pytest.mark.parametrize("count", [1, 4])
def test_feed_needs_the_same_queries_for_any_number_of_calls(
    coordinator: User, token: str, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        planned(coordinator, at + number * HOUR)
    read(token)
    with django_assert_num_queries(3):
        read(token)
