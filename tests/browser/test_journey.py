"""The main job in a real browser: from the registration to the confirmed place, with all that goes wrong.

Two therapists say yes, one of them with a page that was opened before the other's acceptance; one answer
is a mis-click. Real PostgreSQL, real SMTP, the worker's part is called where a worker would run.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.matching.enums import RequestStatus, SearchStatus
from apps.matching.models import PlacementRequest
from apps.patients.enums import PatientStatus
from apps.therapists.models import Therapist
from apps.workspace.demo.mailserver import CatchingHandler
from tests.browser import chromium, world
from tests.browser.coordinator import CHOSEN, PHONE, SECRETS, TYPED, Journey
from tests.browser.words import german
from tests.communication.rows import plain
from tests.conftest import PASSWORD
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory

chromium.required()
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def journey(
    site: str,
    open_page: Callable[..., Page],
    anna: User,
    mailbox: CatchingHandler,
    clock: time_machine.Traveller,
) -> Journey:
    """Three therapists who fit, one for children only, and another patient who waits."""
    world.settle_facts()
    fitting = [TherapistFactory() for _count in range(3)]
    TherapistFactory(last_name="Kinderling", approvals=[("VT", "minors", "individual")])
    SearchFactory()
    return Journey(open_page(), open_page, mailbox, clock, fitting)


def test_whole_journey_ends_in_confirmed_place(journey: Journey, troubles: list[str]) -> None:
    sign_in(journey)
    register(journey)
    complete_prerequisites(journey)
    look_at_candidates(journey)
    plan_round(journey)
    release_round(journey)
    two_say_yes(journey)
    undo_mis_click(journey)
    settle_conflict(journey)
    release_identity(journey)
    hold_trial_session(journey)
    confirm_place(journey)
    assert_books_agree(journey)
    assert troubles == []


def sign_in(journey: Journey) -> None:
    page = journey.page
    page.goto("/")
    page.fill("[name=login]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.locator("main").get_by_role("button", name=german("Sign in")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(german("Today"))


def register(journey: Journey) -> None:
    """The PTV 11 has not arrived yet; everything else is typed in."""
    page = journey.page
    journey.link("Register a patient").click()
    for name, value in TYPED.items():
        page.fill(f"[name={name}]", value)
    for name, value in CHOSEN.items():
        page.select_option(f"[name={name}]", value)
    page.select_option("[name=insurer]", label="Ahornkasse")
    for tick in ("depressed-mood", "sleep-problems", "health_data", "pseudonymous", "identity", "email"):
        page.check(f"input[type=checkbox][value={tick}]")
    for day in range(5):
        page.fill(f"[name=day_{day}]", "8-13")
    journey.button("Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mathilda Kornblum")


def complete_prerequisites(journey: Journey) -> None:
    page = journey.page
    expect(journey.button("Open a search")).to_have_count(0)
    checklist = page.get_by_role("region", name=german("Prerequisites"))
    missing = checklist.get_by_role("listitem").get_by_role("link")
    expect(missing).to_have_count(1)
    missing.click()
    page.fill("[name=ptv11_on]", "2026-10-12")
    journey.button("Save").click()
    expect(checklist).to_contain_text(german("Complete: a search can begin."))
    journey.button("Open a search").click()
    page.wait_for_url(re.compile(r"/searches/\d+/$"))


def look_at_candidates(journey: Journey) -> None:
    """Candidates with the parts of their score; a named therapist with the rule that speaks against."""
    page = journey.page
    rows = page.locator("tr[id^=candidate-]")
    expect(rows).to_have_count(3)
    rows.first.locator("summary").click()
    expect(rows.first.locator(".score-parts")).to_be_visible()
    expect(rows.first.locator(".score-parts li")).to_have_count(5)  # four parts and their sum
    page.fill("#why-not-q", "Kinderling")
    journey.button("Look").click()
    expect(page.locator("#why-not-results li")).to_contain_text(
        [german("No approval for the patient's age.")]
    )


def plan_round(journey: Journey) -> None:
    """Three inquiries with both patients; the other patient is dropped from the first, a letter is read."""
    page = journey.page
    page.get_by_role("link", name=german("Rounds"), exact=True).click()
    journey.button("Plan a round").click()
    cards = page.locator("section.card:has(input[name=inquiry])")
    expect(cards).to_have_count(3)
    line = cards.first.locator("tbody tr", has_not_text=journey.patient.case_code)
    journey.button("Drop", line).click()
    expect(cards.first).to_contain_text(german("Dropped."))
    letter = cards.last.locator("details")
    letter.locator("summary").click()
    expect(letter).to_contain_text(f"Fall {journey.patient.case_code}")
    for secret in SECRETS:
        expect(letter).not_to_contain_text(secret)


def release_round(journey: Journey) -> None:
    """First what will happen, then the release; the worker sends three letters that name nobody."""
    page = journey.page
    journey.link("Release all").click()
    expect(page.locator("form.confirm li").first).to_be_visible()
    assert world.work_off(timezone.now()) == 0
    journey.button("Release", page.locator("form.confirm")).click()
    expect(page.locator("#messages .alert-success")).to_be_visible()
    assert world.work_off(timezone.now()) == 3
    for mail in journey.mailbox.messages:
        text = mail["Subject"] + mail["To"] + plain(mail)
        assert [secret for secret in SECRETS if secret in text] == []


def two_say_yes(journey: Journey) -> None:
    """Both have the page open, on their phones and without an account, when the first one answers."""
    first, second, _third = journey.therapists
    pages = [reply_page(journey, therapist) for therapist in (first, second)]
    for page in pages:
        say_yes(journey, page)
        journey.clock.shift(timedelta(minutes=5))
        world.work_off(timezone.now())
    assert journey.request_of(first).status == RequestStatus.ACCEPTED
    assert journey.request_of(second).status == RequestStatus.CONFLICT


def reply_page(journey: Journey, therapist: Therapist) -> Page:
    page = journey.open_page(**PHONE)
    (link,) = re.findall(r"http\S+/reply/\S+", journey.letter_to(therapist))
    page.goto(link)
    expect(page.locator("body")).to_contain_text(journey.patient.case_code)
    expect(page.locator("body")).not_to_contain_text("Kornblum")
    return page


def say_yes(journey: Journey, page: Page) -> None:
    case = page.get_by_role("region", name=journey.patient.case_code)
    case.get_by_label(german("Yes, I have a place")).check()
    journey.button("Send the answer", page).click()
    expect(page.locator("main")).to_contain_text(german("Thank you for your answer!"))


def undo_mis_click(journey: Journey) -> None:
    """On the phone the third therapist was asked about the other patient; the wrong button was clicked."""
    page, third = journey.page, journey.therapists[2]
    other = PlacementRequest.objects.exclude(search=journey.search).get(therapist=third)
    page.goto(f"{other.inquiry.get_absolute_url()}#request-{other.pk}")
    card = page.locator(f"#request-{other.pk}")
    card.locator("input[value=rejected]").check()
    card.locator("select[name$=reason]").select_option("capacity")
    journey.button("Record the answer", card).click()
    undo = card.get_by_role("link", name=german("Undo the answer"))
    undo.click()
    page.fill("[name=reason]", "falsche Zeile")
    journey.button("Undo", page.locator("form.confirm")).click()
    expect(journey.button("Record the answer", card)).to_be_visible()
    assert PlacementRequest.objects.get(pk=other.pk).status == RequestStatus.SENT


def settle_conflict(journey: Journey) -> None:
    """Both acceptances are on Today; the later one is thanked."""
    page, conflict = journey.page, journey.request_of(journey.therapists[1])
    page.goto("/")
    for code in ("conflicts", "acceptances"):
        expect(
            page.get_by_role("region").and_(page.locator(f"[aria-labelledby=work-{code}]"))
        ).to_contain_text(journey.patient.case_code)
    page.locator("[aria-labelledby=work-conflicts]").get_by_role("link").last.click()
    page.locator(f"#request-{conflict.pk}").get_by_role("link", name=german("Thank and decline")).click()
    journey.button("Thank", page.locator("form.confirm")).click()
    journey.told("Thanked.")
    assert world.work_off(timezone.now()) == 1
    page.goto("/")
    expect(page.locator("[aria-labelledby=work-conflicts]")).to_have_count(0)


def release_identity(journey: Journey) -> None:
    page, accepted = journey.page, journey.request_of(journey.therapists[0])
    page.locator("[aria-labelledby=work-acceptances]").get_by_role("link").click()
    card = page.locator(f"#request-{accepted.pk}")
    card.get_by_role("link", name=german("Release the identity")).click()
    journey.button("Release the identity", page.locator("form.confirm")).click()
    expect(card).to_contain_text("0341 5550199")


def hold_trial_session(journey: Journey) -> None:
    """Three days later the session is over, and so is the login of the other day."""
    page, accepted = journey.page, journey.request_of(journey.therapists[0])
    card = page.locator(f"#request-{accepted.pk}")
    card.locator("[name$=planned_at]").fill("2026-11-25T15:00")
    journey.button("Note the session", card).click()
    expect(card).to_contain_text("25.11.2026")
    journey.clock.shift(timedelta(days=3))
    sign_in(journey)
    page.locator("[aria-labelledby=work-acceptances]").get_by_role("link").click()
    journey.button("held", card).click()
    expect(card.locator("li .state")).to_have_text(german("held"))


def confirm_place(journey: Journey) -> None:
    page = journey.page
    journey.link("Confirm the place").click()
    journey.button("Confirm the place", page.locator("form.confirm")).click()
    journey.told("The place is confirmed.")
    page.goto(reverse("patients:detail", args=[journey.patient.pk]))
    expect(page.locator(".patient-line .state")).to_have_text(german("in therapy"))


def assert_books_agree(journey: Journey) -> None:
    """The database tells the same story, and nobody got a letter twice."""
    found: dict[str, Any] = {
        "patient": journey.patient.status,
        "search": journey.search.status,
        "requests": [journey.request_of(therapist).status for therapist in journey.therapists],
        "doubles": journey.mailbox.doubles,
    }
    assert found == {
        "patient": PatientStatus.IN_THERAPY,
        "search": SearchStatus.PLACED,
        "requests": [RequestStatus.CONFIRMED, RequestStatus.WITHDRAWN, RequestStatus.WITHDRAWN],
        "doubles": 0,
    }
