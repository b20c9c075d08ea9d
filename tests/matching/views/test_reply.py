"""The public reply page: shows case facts only, changes nothing on GET, books an answer once."""

import html
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core import signing
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pghistory.models import Context

from apps.communication.models import InboundMessage
from apps.communication.services import queue
from apps.core.transitions import move
from apps.matching import letters
from apps.matching.models import (
    Inquiry,
    InquiryContact,
    PlacementRequest,
    PlacementSearch,
    ReplySubmission,
    RequestHistory,
)
from apps.matching.reply_links import reply_token
from apps.patients.enums import Purpose
from apps.therapists.models import ContactPause, Therapist
from tests.browser.words import german
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
    assert dict(response.cookies) == {}
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert "no-store" in response.headers["Cache-Control"]
    assert b"<nav" not in response.content
    assert b"style=" not in response.content


@pytest.mark.parametrize("page", ["form", "error", "thanks", "no more", "bad link"])
def test_no_page_sets_a_cookie(client: Client, row: PlacementRequest, page: str) -> None:
    answer = {f"case-{row.pk}-outcome": "rejected"}
    responses = {
        "form": lambda: client.get(url(row.inquiry)),
        "error": lambda: client.post(url(row.inquiry), answer),
        "thanks": lambda: client.post(url(row.inquiry), answer | {f"case-{row.pk}-reason": "other"}),
        "no more": lambda: client.post(url(row.inquiry, "reply_no_more")),
        "bad link": lambda: client.get("/reply/x/"),
    }
    assert dict(responses[page]().cookies) == {}


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
        assert response.headers["Location"].startswith(url(row.inquiry) + "?thanks=")
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


def form_of(client: Client, inquiry: Inquiry) -> dict[str, str]:
    """What a browser sends from a fresh page on which nothing was touched."""
    page = client.get(url(inquiry)).content.decode()
    (form_id,) = re.findall(r'name="form_id" value="([^"]+)"', page)
    return {"form_id": form_id}


def say(row: PlacementRequest, outcome: str, **values: str) -> dict[str, str]:
    return {f"case-{row.pk}-{name}": value for name, value in {"outcome": outcome, **values}.items()}


def thanks(client: Client, inquiry: Inquiry, data: dict[str, str]) -> str:
    response = client.post(url(inquiry), data)
    assert response.status_code == 302
    return client.get(response["Location"]).content.decode()


def test_same_form_sent_twice_counts_once(client: Client, row: PlacementRequest) -> None:
    data = form_of(client, row.inquiry) | say(row, "rejected", reason="capacity")
    data |= {"practice-words": "Bitte nur vormittags", "practice-pause_until": "2027-01-31"}
    assert client.post(url(row.inquiry), data)["Location"] == client.post(url(row.inquiry), data)["Location"]
    assert (ReplySubmission.objects.count(), InboundMessage.objects.count()) == (1, 1)
    assert list(ContactPause.objects.values_list("reason", flat=True).order_by("reason")) == [
        "answered",
        "requested",
    ]
    assert RequestHistory.objects.filter(subject=row).count() == 1


def test_changed_answer_from_the_old_form_is_not_lost(client: Client, row: PlacementRequest) -> None:
    """A browser that goes back may show the form it has kept."""
    form = form_of(client, row.inquiry)
    client.post(url(row.inquiry), form | say(row, "rejected", reason="capacity"))
    client.post(url(row.inquiry), form | say(row, "accepted"))
    assert states(row) == ["accepted"]
    assert ReplySubmission.objects.count() == 2


def test_each_visit_has_a_form_of_its_own(client: Client, row: PlacementRequest) -> None:
    assert form_of(client, row.inquiry) != form_of(client, row.inquiry)


def test_unreadable_number_of_the_form_does_no_harm(client: Client, row: PlacementRequest) -> None:
    client.post(url(row.inquiry), {"form_id": "x"} | say(row, "accepted"))
    assert states(row) == ["accepted"]


def test_thanks_tell_what_became_of_each_case(client: Client) -> None:
    inquiry = InquiryFactory()
    yes, wait, late, silent = (RequestFactory(inquiry=inquiry) for _row in range(4))
    data = form_of(client, inquiry) | say(yes, "accepted") | say(late, "accepted")
    data |= say(wait, "waitlisted", waitlist_until="2027-02-28")
    with_place(late)
    page = thanks(client, inquiry, data)
    assert states(yes, wait, late, silent) == ["accepted", "waitlisted", "conflict", "sent"]
    said = [line(page, row) for row in (yes, wait, late, silent)]
    assert said == [
        german("You said yes: thank you! We will get in touch with you."),
        german("Noted: on your waiting list until %(day)s. Thank you!", day="28.02.2027"),
        german(
            "Thank you for your yes! Somebody else had accepted shortly before. "
            "We will get in touch with you."
        ),
        german("Still open: you may answer later, the link stays valid."),
    ]


def with_place(row: PlacementRequest) -> None:
    """Somebody else has said yes since the page was opened."""
    PlacementRequest.objects.filter(pk=row.pk).update(status="withdrawn")
    PlacementSearch.objects.filter(pk=row.search_id).update(status="trial")


def line(page: str, row: PlacementRequest) -> str:
    """What the page says under the code of a case."""
    _before, found, after = page.partition(row.search.patient.case_code)
    assert found
    return html.unescape(re.findall(r"<div>\s*(.*?)\s*</div>", after, re.DOTALL)[0])


def test_answer_that_comes_too_late_takes_no_other_with_it(client: Client) -> None:
    inquiry = InquiryFactory()
    late, fine = RequestFactory(inquiry=inquiry), RequestFactory(inquiry=inquiry)
    data = form_of(client, inquiry) | say(late, "rejected", reason="other") | say(fine, "accepted")
    with_place(late)
    page = thanks(client, inquiry, data)
    assert states(late, fine) == ["withdrawn", "accepted"]
    assert line(page, late) == german("A place has been found meanwhile. Nothing is left to do: thank you!")


def test_news_of_the_practice_are_noted(client: Client, row: PlacementRequest) -> None:
    data = form_of(client, row.inquiry) | {
        "practice-free_individual_from": "2027-01-15",
        "practice-free_group_from": "2027-03-01",
        "practice-pause_until": "2027-02-01",
        "practice-words": "Gern jüngere Erwachsene",
    }
    page = thanks(client, row.inquiry, data)
    therapist = Therapist.objects.get(pk=row.therapist_id)
    assert (therapist.free_individual_from, therapist.free_group_from) == (
        date(2027, 1, 15),
        date(2027, 3, 1),
    )
    pause = ContactPause.objects.get()
    assert (pause.starts_on, pause.until, pause.reason) == (date(2026, 11, 23), date(2027, 2, 1), "requested")
    message = InboundMessage.objects.get()
    assert (message.status, message.kind, message.source) == ("waiting", "reply_page", "reply_page")
    assert (message.text, message.therapist) == ("Gern jüngere Erwachsene", therapist)
    assert [day in page for day in ("15.01.2027", "01.03.2027", "01.02.2027")] == [True, True, True]
    assert states(row) == ["sent"]


def test_empty_fields_leave_the_record_alone(client: Client, row: PlacementRequest) -> None:
    Therapist.objects.filter(pk=row.therapist_id).update(free_individual_from=date(2027, 1, 4))
    thanks(client, row.inquiry, form_of(client, row.inquiry) | say(row, "accepted"))
    assert Therapist.objects.get(pk=row.therapist_id).free_individual_from == date(2027, 1, 4)
    assert InboundMessage.objects.count() == 0


def test_mistake_keeps_what_was_typed_and_leads_to_the_field(client: Client, row: PlacementRequest) -> None:
    data = form_of(client, row.inquiry) | say(row, "rejected", note="ruf mich an")
    data |= {"practice-pause_until": "2028-06-01", "practice-words": "Bitte nur vormittags"}
    page = client.post(url(row.inquiry), data).content.decode()
    assert f'href="#id_case-{row.pk}-reason"' in page
    assert 'href="#id_practice-pause_until"' in page
    assert f'aria-invalid="true" aria-describedby="id_case-{row.pk}-reason_error"' in page
    kept = ("ruf mich an", "2028-06-01", "Bitte nur vormittags", data["form_id"])
    assert [words in page for words in kept] == [True, True, True, True]
    assert "<details" in page and " open" in page.partition("<details")[2].partition(">")[0]
    assert ReplySubmission.objects.count() == 0


def test_nothing_said_is_asked_again(client: Client, row: PlacementRequest) -> None:
    page = client.post(url(row.inquiry), form_of(client, row.inquiry)).content.decode()
    assert german("Please choose at least one answer.") in page
    assert f'href="#id_case-{row.pk}-outcome_0"' in page
    assert ReplySubmission.objects.count() == 0


def test_answered_link_shows_what_is_noted_until_something_changes(client: Client) -> None:
    row = RequestFactory(status="waitlisted")
    page = client.get(url(row.inquiry)).content.decode()
    assert german("Thank you for your answer!") in page
    assert "form_id" not in page
    assert f"case-{row.pk}-outcome" in client.get(url(row.inquiry) + "?change=1").content.decode()


@pytest.mark.parametrize("asked", ["x", "6ac51df4-9f3c-4a0e-8f0b-2d3a4c5b6e7f"])
def test_unknown_sending_is_thanked_for_nothing(client: Client, row: PlacementRequest, asked: str) -> None:
    page = client.get(url(row.inquiry) + f"?thanks={asked}").content.decode()
    assert f"case-{row.pk}-outcome" in page


def test_sending_of_another_inquiry_is_not_told(client: Client, row: PlacementRequest) -> None:
    other = RequestFactory()
    data = form_of(client, other.inquiry) | {"practice-words": "streng geheim"}
    query = client.post(url(other.inquiry), data)["Location"].partition("?")[2]
    page = client.get(f"{url(row.inquiry)}?{query}").content.decode()
    assert f"case-{row.pk}-outcome" in page


def test_bad_links_look_alike(client: Client, row: PlacementRequest, at: datetime) -> None:
    link, gone = url(row.inquiry), []
    with time_machine.travel(at + timedelta(days=61), tick=False):
        gone.append(client.get(link))
    gone.append(client.get("/reply/forged/"))
    Inquiry.objects.filter(pk=row.inquiry_id).update(reply_key="another-key")
    gone.append(client.get(link))
    assert {response.status_code for response in gone} == {404}
    assert len({response.content for response in gone}) == 1


def test_bad_link_says_how_to_reach_us(client: Client, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Vermittlung <hallo@example.org>"
    settings.OFFICE_PHONE = "0341 5550100"
    text = client.get("/reply/x/").content.decode()
    assert 'href="mailto:hallo@example.org"' in text
    assert 'href="tel:03415550100"' in text


def test_token_stays_out_of_the_audit_trail(client: Client, row: PlacementRequest) -> None:
    client.post(url(row.inquiry), {"practice-free_group_from": "2027-03-01"})
    contexts = [context.metadata for context in Context.objects.all()]
    assert contexts == [{"user": None, "path": "/reply/…/"}]


def test_reading_too_often_is_refused_for_a_while(client: Client, row: PlacementRequest) -> None:
    answers = [client.get(url(row.inquiry)).status_code for _visit in range(61)]
    assert answers == [200] * 60 + [429]
    other = client.get(url(row.inquiry), REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 200


def test_answering_too_often_is_refused_per_link(client: Client, row: PlacementRequest) -> None:
    posts = [
        client.post(url(row.inquiry), REMOTE_ADDR=f"192.0.2.{number}").status_code for number in range(11)
    ]
    assert posts == [200] * 10 + [429]
    assert client.post(url(RequestFactory().inquiry)).status_code == 200


def test_answering_too_often_is_refused_per_address(client: Client) -> None:
    rows = [RequestFactory() for _row in range(3)]
    posts = [client.post(url(rows[number % 3].inquiry)).status_code for number in range(21)]
    assert posts == [200] * 20 + [429]


def test_trying_links_is_refused_for_an_hour(client: Client, row: PlacementRequest) -> None:
    answers = [client.get(f"/reply/guess-{number}/") for number in range(21)]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429]
    assert int(answers[-1]["Retry-After"]) <= 3600
    assert german("That was too often in a short time") in answers[-1].content.decode()
    assert client.get(url(row.inquiry)).status_code == 200
