"""What registrations show elsewhere: on the page of today."""

import pytest
from django.test import Client

from apps.intake.services import review
from apps.intake.services.receiving import Origin
from apps.patients.models import Insurer
from tests.intake.samples import AT, received

pytestmark = pytest.mark.django_db


def test_today_tells_what_waits_by_source(
    coordinator_client: Client, insurer: Insurer, client_with, monkeypatch: pytest.MonkeyPatch
) -> None:
    website = client_with("registrations:write")
    for number in range(2):
        received(external_reference=f"web-{number}", origin=Origin(client=website))
    received(external_reference="file-1", origin=Origin(file_name="forms.jsonl", line=1))
    rejected = received(external_reference="web-3", origin=Origin(client=website))
    review.reject(registration=rejected, actor=None, at=AT, reason="a test")
    page = coordinator_client.get("/", headers={"Accept-Language": "en"}).content.decode()
    assert "Website: 2 registrations" in page
    assert "from a file: 1 registration" in page
