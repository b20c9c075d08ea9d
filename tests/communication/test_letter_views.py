"""The pages of letters: who may what, live checks, previews that never send."""

import re
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.communication.letters import all_types, texts
from apps.communication.models import EmailMessage, LetterText
from apps.core.models import AccessEntry
from tests.factories.matching import InquiryFactory, RequestFactory
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db

LETTERS = "/emails/letters/"
KINDS = [letter_type.kind.value for letter_type in all_types()]
HTMX = {"HX-Request": "true"}
BODY = "{{ greeting }},\n\n{{ text }}\n\nIhr Team"


def page(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def draft(act: str = "", **fields: Any) -> dict[str, Any]:
    values = {"subject": "Zu Ihrer Nachricht", "body": BODY, "reason": "", "seen_version": 0}
    return {**values, "form_id": str(uuid4()), "act": act, **fields}


def test_list_names_every_letter_and_its_last_change(viewer_client: Client, manager_client: Client) -> None:
    text = page(viewer_client.get(LETTERS))
    assert all(f"{LETTERS}{kind}/" in text for kind in KINDS)
    assert len(KINDS) == 14
    manager_client.post(f"{LETTERS}answer/edit/", draft("save", reason="kürzer"))
    assert "geändert" not in text
    assert "Manager" in page(viewer_client.get(LETTERS))


def test_list_asks_for_all_texts_at_once(
    viewer_client: Client, django_assert_max_num_queries: Any, at: datetime
) -> None:
    for version in (1, 2, 3):
        LetterText.objects.create(
            kind="answer", version=version, subject="x", body=BODY, is_current=version == 3, created_at=at
        )
    with django_assert_max_num_queries(8) as queries:
        viewer_client.get(LETTERS)
    assert sum("communication_lettertext" in query["sql"] for query in queries.captured_queries) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_letter_is_shown_as_text_and_in_a_frame(viewer_client: Client, kind: str) -> None:
    text = page(viewer_client.get(f"{LETTERS}{kind}/"))
    assert f'sandbox src="{LETTERS}{kind}/html/?sample=several' in text
    assert "Ihre Psychotherapie-Vermittlung" in text
    assert "/edit/" not in text


@pytest.mark.parametrize(("sample", "word"), [("several", "für 3 Personen"), ("one", "für eine Person")])
def test_preview_shows_the_chosen_sample(viewer_client: Client, sample: str, word: str) -> None:
    assert word in page(viewer_client.get(f"{LETTERS}inquiry/", {"sample": sample}))
    assert word in page(viewer_client.get(f"{LETTERS}inquiry/html/", {"sample": sample}))


def test_frame_may_do_nothing(viewer_client: Client) -> None:
    response = viewer_client.get(f"{LETTERS}inquiry/html/")
    policy = set(response["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "frame-ancestors 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "sandbox",
    }
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in response.content.decode()


@pytest.mark.parametrize("path", ["nothing/", "test/", "nothing/html/"])
def test_unknown_letter_is_not_found(viewer_client: Client, path: str) -> None:
    assert viewer_client.get(f"{LETTERS}{path}").status_code == 404


# real data


def test_preview_with_a_real_inquiry_is_written_down_and_hides_the_link(viewer_client: Client) -> None:
    request = RequestFactory(inquiry=InquiryFactory())
    about = {"about": request.inquiry.reference.lower()}
    for path in ("", "html/"):
        text = page(viewer_client.get(f"{LETTERS}inquiry/{path}", about))
        assert request.search.patient.case_code in text
        assert set(re.findall(r"/reply/([^/\s\"<]*)", text)) == {"…"}
    seen = AccessEntry.objects.values_list("patient_id", "purpose")
    assert list(seen) == [(request.search.patient_id, "communication:letter_preview")] * 2


def test_preview_with_a_real_patient_goes_by_the_case_code(viewer_client: Client) -> None:
    patient = PatientFactory(salutation="none", first_name="Kim", last_name="Ahorn")
    text = page(viewer_client.get(f"{LETTERS}patient_welcome/", {"about": patient.case_code}))
    assert "Guten Tag Kim Ahorn," in text
    assert AccessEntry.objects.get().patient_id == patient.pk


@pytest.mark.parametrize("kind", ["inquiry", "patient_status", "patient_place_call"])
def test_preview_of_an_unknown_case_says_so(viewer_client: Client, kind: str) -> None:
    text = page(viewer_client.get(f"{LETTERS}{kind}/", {"about": "A-ZZZZZZ"}))
    assert "alert-info" in text
    assert not AccessEntry.objects.exists()


# editor


def test_manager_saves_a_text(manager_client: Client) -> None:
    response = manager_client.post(f"{LETTERS}answer/edit/", draft("save", reason="kürzer"))
    assert response["Location"] == f"{LETTERS}answer/"
    text = LetterText.objects.get()
    assert (text.subject, text.body, text.reason) == ("Zu Ihrer Nachricht", BODY, "kürzer")


def test_browsers_line_ends_are_ours(manager_client: Client) -> None:
    windows = BODY.replace("\n", "\r\n")
    manager_client.post(f"{LETTERS}answer/edit/", draft("save", reason="kürzer", body=windows))
    assert LetterText.objects.get().body == BODY


def test_wrong_text_stays_on_the_page_with_its_problems(manager_client: Client) -> None:
    wrong = draft("save", reason="kürzer", body="{{ text }}\n{{ surname }}")
    text = page(manager_client.post(f"{LETTERS}answer/edit/", wrong))
    assert "{{ surname }}" in text
    assert "invalid-feedback" in text
    assert not LetterText.objects.exists()


def test_overtaken_text_stays_on_the_page(manager_client: Client) -> None:
    manager_client.post(f"{LETTERS}answer/edit/", draft("save", reason="erste"))
    text = page(manager_client.post(f"{LETTERS}answer/edit/", draft("save", reason="zweite")))
    assert "Ihr Team" in text
    assert LetterText.objects.get().reason == "erste"


def test_typing_brings_the_preview_alone(manager_client: Client) -> None:
    text = page(manager_client.post(f"{LETTERS}answer/edit/", draft(), headers=HTMX))
    assert "Ihr Team" in text
    assert "<form" not in text
    assert "draft=1" in text


def test_typing_names_problems_at_once(manager_client: Client) -> None:
    wrong = draft(body="{{ text }}\n{{ surname }}")
    text = page(manager_client.post(f"{LETTERS}answer/edit/", wrong, headers=HTMX))
    assert text.count("<li>") == 1
    assert "iframe" not in text


def test_frame_shows_the_draft_to_its_author_only(manager_client: Client, viewer_client: Client) -> None:
    manager_client.post(f"{LETTERS}answer/edit/", draft(), headers=HTMX)
    assert "Ihr Team" in page(manager_client.get(f"{LETTERS}answer/html/?draft=1"))
    assert "Ihr Team" not in page(manager_client.get(f"{LETTERS}answer/html/"))
    assert "Ihr Team" not in page(manager_client.get(f"{LETTERS}inquiry/html/?draft=1"))
    assert "Ihr Team" not in page(viewer_client.get(f"{LETTERS}answer/html/?draft=1"))


def test_manager_goes_back_to_a_version_and_to_the_own_text(manager_client: Client) -> None:
    manager_client.post(f"{LETTERS}answer/edit/", draft("save", reason="erste"))
    second = draft("save", reason="zweite", subject="Anders", seen_version=1)
    manager_client.post(f"{LETTERS}answer/edit/", second)
    assert "Ihr Team" in page(manager_client.get(f"{LETTERS}answer/versions/1/"))
    back = {"reason": "war besser", "seen_version": 2}
    manager_client.post(f"{LETTERS}answer/versions/1/", back)
    assert LetterText.objects.get(is_current=True).subject == "Zu Ihrer Nachricht"
    manager_client.post(f"{LETTERS}answer/own-text/", {"reason": "genügt", "seen_version": 3})
    assert not LetterText.objects.filter(is_current=True).exists()
    assert LetterText.objects.count() == 4


def test_text_that_no_longer_fits_is_shown_as_such(manager_client: Client, at: datetime) -> None:
    body = BODY + "{{ gone }}"
    LetterText.objects.create(kind="answer", version=1, subject="x", body=body, created_at=at)
    for path in ("answer/", "answer/edit/"):
        assert "alert-warning" in page(manager_client.get(f"{LETTERS}{path}"))
    assert "icon" in page(manager_client.get(LETTERS))


# never sends


@pytest.mark.parametrize("kind", KINDS)
def test_previews_write_no_email(manager_client: Client, kind: str) -> None:
    """Every page and every act but the test to oneself."""
    request = RequestFactory(inquiry=InquiryFactory(), status="accepted")
    own = texts.own_text(kind)
    typed = draft(subject=own.subject, body=own.body)
    for about in ("", request.inquiry.reference, request.search.patient.case_code):
        manager_client.get(f"{LETTERS}{kind}/", {"about": about})
        manager_client.get(f"{LETTERS}{kind}/html/", {"about": about})
        manager_client.get(f"{LETTERS}{kind}/edit/", {"about": about})
        for act, headers in (("", HTMX), ("preview", {}), ("nothing", {})):
            data = {**typed, "about": about, "act": act}
            response = manager_client.post(f"{LETTERS}{kind}/edit/", data, headers=headers)
            assert response.status_code == 200
    assert not EmailMessage.objects.exists()


def test_test_is_sent_to_oneself_once(coordinator_client: Client) -> None:
    data = {"form_id": str(uuid4()), "sample": "one"}
    for _click in range(2):
        coordinator_client.post(f"{LETTERS}inquiry/test/", data)
    email = EmailMessage.objects.get()
    assert (email.kind, email.to_email) == ("test", "coordinator@example.org")
    assert "für eine Person" in email.text


def test_test_has_sample_data_whatever_the_preview_shows(manager_client: Client) -> None:
    request = RequestFactory(inquiry=InquiryFactory())
    own = texts.own_text("inquiry")
    data = draft("test", subject=own.subject, body=own.body, about=request.inquiry.reference)
    manager_client.post(f"{LETTERS}inquiry/edit/", data)
    email = EmailMessage.objects.get()
    assert request.search.patient.case_code not in email.text
    assert "K7M-4QX" in email.text


def test_wrong_draft_is_not_sent_as_a_test(manager_client: Client) -> None:
    manager_client.post(f"{LETTERS}answer/edit/", draft("test", body="{{ gone }}"))
    assert not EmailMessage.objects.exists()


@pytest.mark.parametrize("form_id", ["", "x"])
def test_test_without_its_number_is_not_sent(coordinator_client: Client, form_id: str) -> None:
    response = coordinator_client.post(f"{LETTERS}answer/test/", {"form_id": form_id})
    assert response.status_code == 302
    assert not EmailMessage.objects.exists()
