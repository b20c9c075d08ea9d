"""Anna, the coordinator of the journey: what she types, and how she finds her way on a German page."""

from collections.abc import Callable
from dataclasses import dataclass

import time_machine
from playwright.sync_api import Locator, Page, expect

from apps.matching.models import PlacementRequest, PlacementSearch
from apps.patients.models import Patient
from apps.therapists.models import Therapist
from apps.workspace.demo.mailserver import CatchingHandler
from tests.browser.words import german
from tests.communication.rows import plain

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TYPED = {
    "first_name": "Mathilda",
    "last_name": "Kornblum",
    "birth_date": "1990-05-17",
    "street": "Gerberstraße 8",
    "plz": "04103",
    "city": "Leipzig",
    "email": "mathilda.kornblum@example.org",
    "phone": "0341 555 0199",
    "kvnr": "M987654323",
    "diagnosis": "F32.1",
    "complaints": "Seit dem Sommer kaum Antrieb.",
    "contracts_signed_on": "2026-11-02",
    "sprechstunde_on": "2026-10-12",
    "payment_reference": "PV-2026-118",
    "payment_received_on": "2026-11-09",
    "max_distance_km": "25",
    "proof": "Vertrag, Seite 3",
}
CHOSEN = {"salutation": "ms", "gender": "female", "insurance_kind": "gkv"}
SECRETS = ("Mathilda", "Kornblum", "Gerberstraße", "M987654323", "mathilda.kornblum", "17.05.1990")


@dataclass
class Journey:
    """Anna's page and what happens around it."""

    page: Page
    open_page: Callable[..., Page]
    mailbox: CatchingHandler
    clock: time_machine.Traveller
    therapists: list[Therapist]

    @property
    def patient(self) -> Patient:
        return Patient.objects.get(last_name=TYPED["last_name"])

    @property
    def search(self) -> PlacementSearch:
        return PlacementSearch.objects.get(patient=self.patient)

    def request_of(self, therapist: Therapist) -> PlacementRequest:
        return self.search.requests.get(therapist=therapist)

    def button(self, text: str, within: Page | Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=german(text)).first

    def link(self, text: str, within: Page | Locator | None = None) -> Locator:
        return (within or self.page).locator("main").get_by_role("link", name=german(text)).first

    def told(self, text: str) -> None:
        expect(self.page.locator("#messages")).to_contain_text(german(text))

    def letter_to(self, therapist: Therapist) -> str:
        to = therapist.workplaces.get().practice.email
        return next(plain(mail) for mail in self.mailbox.messages if to in mail["To"])
