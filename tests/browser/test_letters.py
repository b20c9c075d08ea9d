"""The editor of letters checks while one types; the link to an identity opens once."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from apps.communication.models import EmailMessage, LetterText
from tests.browser import chromium
from tests.conftest import PASSWORD
from tests.matching.test_identity import accepted, hand_over

chromium.required()
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITOR = "/emails/letters/answer/edit/"
PHONE = {"width": 390, "height": 844}
OpenPage = Callable[..., Page]


@pytest.fixture
def britta(transactional_db: None) -> User:
    return create_staff(
        username="britta", email="britta@example.org", password=PASSWORD, roles=[Role.MANAGER]
    )


def grave(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")]


def test_editor_checks_while_one_types(open_page: OpenPage, britta: User, troubles: list[str]) -> None:
    page = open_page(britta)
    page.goto(EDITOR)
    frame = page.frame_locator("iframe")
    expect(frame.locator("body")).to_contain_text("vielen Dank für Ihre Nachfrage.")
    page.fill("#id_body", "{{ text }}\n{{ surname }}")
    expect(page.locator("#letter-problems li")).to_contain_text("{{ surname }}")
    expect(page.locator("iframe")).to_have_count(0)
    assert grave(page) == []
    page.fill("#id_body", "Guten Tag,\n\n{{ text }}\n\nIhr neues Team")
    expect(page.locator("#letter-problems li")).to_have_count(0)
    expect(page.locator("#preview .letter-text")).to_contain_text("Ihr neues Team")
    expect(frame.locator("body")).to_contain_text("Ihr neues Team")
    assert not LetterText.objects.exists()
    page.fill("#id_reason", "freundlicher")
    page.click("button[value=save]")
    expect(page).to_have_url(EDITOR.replace("edit/", ""))
    assert LetterText.objects.get().body.endswith("Ihr neues Team")
    assert not EmailMessage.objects.exists()
    assert grave(page) == []
    assert troubles == []


def test_identity_opens_once_on_a_phone(open_page: OpenPage) -> None:
    _link, token = hand_over(accepted(), at=timezone.now())
    page = open_page(None, viewport=PHONE)
    page.goto(f"/identity/{token}/")
    assert "Ahorn" not in page.content()
    assert grave(page) == []
    page.click("button[type=submit]")
    expect(page.locator("main")).to_contain_text("Kim Ahorn")
    assert grave(page) == []
    page.goto(f"/identity/{token}/")
    assert "Ahorn" not in page.content()
    assert page.context.cookies() == []
