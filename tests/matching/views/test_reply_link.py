import pytest
from django.test import Client
from django.urls import reverse

from apps.matching.models import Inquiry
from apps.matching.reply_links import reply_token
from tests.factories.matching import InquiryFactory, RequestFactory

pytestmark = pytest.mark.django_db


def url(inquiry: Inquiry) -> str:
    return reverse("matching:revoke_reply_link", args=[inquiry.pk])


def test_link_is_revoked_after_a_preview(coordinator_client: Client, client: Client) -> None:
    inquiry = RequestFactory().inquiry
    link = reverse("matching:reply", args=[reply_token(inquiry)])
    page = coordinator_client.get(url(inquiry)).content.decode()
    assert reply_token(inquiry) not in page
    assert client.get(link).status_code == 200
    answer = coordinator_client.post(url(inquiry), {"reason": "went to the wrong practice"})
    assert answer["Location"] == inquiry.get_absolute_url()
    assert client.get(link).status_code == 404
    shown = coordinator_client.get(inquiry.get_absolute_url()).content.decode()
    assert "went to the wrong practice" in shown
    inquiry.refresh_from_db()
    assert reply_token(inquiry) not in shown


def test_revoking_needs_a_reason(coordinator_client: Client) -> None:
    inquiry = InquiryFactory()
    assert coordinator_client.post(url(inquiry), {"reason": ""}).status_code == 200
    assert Inquiry.objects.get(pk=inquiry.pk).reply_key == inquiry.reply_key


def test_new_link_opens_after_the_old_one_was_revoked(coordinator_client: Client, client: Client) -> None:
    inquiry = RequestFactory().inquiry
    coordinator_client.post(url(inquiry), {"reason": "went astray"})
    inquiry.refresh_from_db()
    assert client.get(reverse("matching:reply", args=[reply_token(inquiry)])).status_code == 200


@pytest.mark.parametrize(
    ("values", "is_shown"),
    [
        ({}, True),
        ({"status": "draft"}, False),
        ({"status": "released"}, False),
        ({"channel": "phone"}, False),
    ],
)
def test_button_is_there_where_a_link_went_out(
    coordinator_client: Client, values: dict[str, str], is_shown: bool
) -> None:
    inquiry = InquiryFactory(**values)
    page = coordinator_client.get(inquiry.get_absolute_url()).content.decode()
    assert (url(inquiry) in page) is is_shown


def test_viewer_sees_no_button(viewer_client: Client) -> None:
    inquiry = InquiryFactory()
    assert url(inquiry) not in viewer_client.get(inquiry.get_absolute_url()).content.decode()
