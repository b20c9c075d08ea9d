"""The public reply page: shows case facts only, changes nothing on GET, books an answer once."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.core import signing
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apps.communication.services import queue
from apps.core.transitions import move
from apps.matching import letters
from apps.matching.letters import reply_token
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest, RequestHistory
from apps.patients.enums import Purpose
from apps.therapists.models import ContactPause
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory

pytestmark = pytest.mark.django_db

SECRETS = {
    "first_name": "Vornamezeuge",
    "last_name": "Nachnamezeuge",
    "street": "Strassenzeuge 7",
    "email": "mailzeuge@example.org",
    "phone": "+4934155501234",
    "kvnr": "A123456780",
    "referral_code": "CODEZEUGE123",
    "complaints": "Klagezeuge",
    "diagnosis": "F40.01",
    "city": "Ortszeuge",
    "gp_name": "Hausarztzeuge",
}


@pytest.fixture
def row() -> PlacementRequest:
    search = SearchFactory(
        patient__birth_date=date(1990, 5, 17),
        **{f"patient__{name}": value for name, value in SECRETS.items()},
    )
    return RequestFactory(search=search)


def url(inquiry: Inquiry, name: str = "reply") -> str:
    return reverse(f"matching:{name}", args=[reply_token(inquiry)])


def send(client: Client, row: PlacementRequest, **values: str) -> object:
    data = {f"case-{row.pk}-{name}": value for name, value in values.items()}
    return client.post(url(row.inquiry), data)


def counts() -> dict[type[Model], int]:
    """Rows of every table."""
    tables = connection.introspection.table_names()
    models = [row for row in apps.get_models(include_auto_created=True) if row._meta.db_table in tables]
    return {model: model._base_manager.count() for model in models}


def states(*rows: PlacementRequest) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [row.status for row in rows]


def test_get_changes_nothing(client: Client, row: PlacementRequest) -> None:
    before = counts()
    for _visit in range(2):
        assert client.get(url(row.inquiry)).status_code == 200
        assert client.get(url(row.inquiry, "reply_no_more")).status_code == 200
    assert counts() == before
    assert states(row) == ["sent"]


def test_page_shows_case_facts_and_nothing_that_identifies(client: Client, row: PlacementRequest) -> None:
    text = client.get(url(row.inquiry)).content.decode()
    assert row.inquiry.reference in text
    assert row.search.patient.case_code in text
    assert "36 Jahre" in text
    told = [
        secret for secret in (*SECRETS.values(), "17.05.1990", "1990-05-17", "0341 5550") if secret in text
    ]
    assert told == []


def test_page_is_private_to_the_link(client: Client, row: PlacementRequest) -> None:
    response = client.get(url(row.inquiry))
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert "no-store" in response.headers["Cache-Control"]
    assert b"<nav" not in response.content
    assert b"style=" not in response.content


@pytest.mark.parametrize(
    "forge", [lambda token: token + "x", lambda token: "A-K7M4QX", lambda token: token[:-4]]
)
def test_forged_token_opens_nothing(client: Client, row: PlacementRequest, forge: object) -> None:
    bad = reverse("matching:reply", args=[forge(reply_token(row.inquiry))])  # type: ignore[operator]
    assert client.get(bad).status_code == 404
    assert client.post(bad, {f"case-{row.pk}-outcome": "accepted"}).status_code == 404
    assert states(row) == ["sent"]


def test_token_for_another_purpose_opens_nothing(client: Client, row: PlacementRequest) -> None:
    token = signing.dumps(row.inquiry.reference, salt="something.else")
    assert client.get(reverse("matching:reply", args=[token])).status_code == 404


def test_token_is_valid_for_sixty_days(client: Client, row: PlacementRequest, at: datetime) -> None:
    link = url(row.inquiry)
    for days, status in ((60, 200), (61, 404)):
        with time_machine.travel(at + timedelta(days=days), tick=False):
            assert client.get(link).status_code == status


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_inquiry_that_did_not_go_out_is_not_shown(client: Client, status: str) -> None:
    assert client.get(url(InquiryFactory(status=status))).status_code == 404


def test_yes_is_booked_once(client: Client, row: PlacementRequest) -> None:
    other = RequestFactory(search=row.search)
    for _click in range(2):
        response = send(client, row, outcome="accepted", note="from January")
        assert response.headers["Location"] == url(row.inquiry) + "?thanks=1"
    assert states(row, other) == ["accepted", "withdrawn"]
    assert (row.answer_source, row.answer_note) == ("portal", "from January")
    history = RequestHistory.objects.get(subject=row)
    assert (history.new, history.actor) == ("accepted", None)
    assert ContactPause.objects.count() == 1


def test_each_case_is_answered_for_itself(client: Client) -> None:
    inquiry = InquiryFactory()
    yes, wait, no, silent = (RequestFactory(inquiry=inquiry) for _row in range(4))
    client.post(
        url(inquiry),
        {
            f"case-{yes.pk}-outcome": "accepted",
            f"case-{wait.pk}-outcome": "waitlisted",
            f"case-{wait.pk}-waitlist_until": "2027-02-01",
            f"case-{no.pk}-outcome": "rejected",
            f"case-{no.pk}-reason": "capacity",
        },
    )
    assert states(yes, wait, no, silent) == ["accepted", "waitlisted", "rejected", "sent"]


def test_no_needs_a_reason_and_nothing_is_booked_before(client: Client) -> None:
    inquiry = InquiryFactory()
    yes, no = RequestFactory(inquiry=inquiry), RequestFactory(inquiry=inquiry)
    data = {f"case-{yes.pk}-outcome": "accepted", f"case-{no.pk}-outcome": "rejected"}
    assert client.post(url(inquiry), data).status_code == 200
    assert states(yes, no) == ["sent", "sent"]


def test_answer_works_without_cookies_and_csrf_token(row: PlacementRequest) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert send(strict, row, outcome="accepted").status_code == 302
    assert states(row) == ["accepted"]


def test_withdrawn_case_says_kindly_that_a_place_was_found(client: Client) -> None:
    row = RequestFactory(status="withdrawn", search__patient__symptoms=[])
    text = client.get(url(row.inquiry)).content.decode()
    assert row.search.patient.case_code in text
    assert "PLZ-Region" not in text
    assert f"case-{row.pk}-outcome" not in text


def test_yes_to_a_case_withdrawn_meanwhile_is_kept_as_conflict(client: Client) -> None:
    row = RequestFactory(status="withdrawn", search__status="trial")
    assert send(client, row, outcome="accepted").status_code == 302
    assert states(row) == ["conflict"]


def test_no_to_a_case_withdrawn_meanwhile_is_no_error(client: Client) -> None:
    row = RequestFactory(status="withdrawn", search__status="trial")
    assert send(client, row, outcome="rejected", reason="capacity").status_code == 302
    assert states(row) == ["withdrawn"]


def test_facts_are_gone_with_the_consent(client: Client) -> None:
    search = SearchFactory(patient__consents=[Purpose.HEALTH_DATA])
    row = RequestFactory(search=search)
    text = client.get(url(row.inquiry)).content.decode()
    assert "PLZ-Region" not in text


def test_answer_may_come_before_the_news_of_the_sending(client: Client, at: datetime) -> None:
    inquiry = InquiryFactory(status="released")
    row = RequestFactory(inquiry=inquiry, status="released")
    letter = letters.inquiry_letter(inquiry=inquiry, requests=[row], today=at.date())
    email = queue.enqueue(
        letter=letter, to_email="a@example.org", to_name="", therapist=inquiry.therapist, actor=None, at=at
    )
    InquiryContact.objects.create(inquiry=inquiry, email=email, request_ids=[row.pk])
    for state in ("sending", "handing_over", "sent"):
        move(email, to=state, actor=None, at=at, fields={"claimed_at": at, "sent_at": at})
    send(client, row, outcome="accepted")
    assert states(row) == ["accepted"]


def test_objection_asks_first_and_counts_once(client: Client, row: PlacementRequest) -> None:
    page = url(row.inquiry, "reply_no_more")
    assert row.search.patient.case_code not in client.get(page).content.decode()
    for _click in range(2):
        assert client.post(page).headers["Location"] == url(row.inquiry)
    therapist = row.therapist
    therapist.refresh_from_db()
    assert therapist.do_not_contact_since == date(2026, 11, 23)
    assert therapist.history.count() == 1
    assert page not in client.get(url(row.inquiry)).content.decode()


def test_page_is_german_whatever_the_browser_wants(client: Client, row: PlacementRequest) -> None:
    text = client.get(url(row.inquiry), headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="de"' in text
