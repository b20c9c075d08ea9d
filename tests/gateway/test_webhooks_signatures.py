import base64
import hashlib
import hmac

import pytest

from apps.gateway.signatures import SIGNATURE, TIMESTAMP, Unverified, sign, verify

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
NOW, BODY = 1_795_000_000, b'{"type":"therapist.moved"}'


def headers(*secrets: str) -> dict[str, str]:
    return sign(secrets or [SECRET], message_id="m1", timestamp=NOW, body=BODY)


def test_signature_is_that_of_the_scheme():
    """Worked out by hand: HMAC-SHA256 over id.timestamp.body, under the decoded key."""
    mac = hmac.new(b"k" * 32, b"m1." + str(NOW).encode() + b"." + BODY, hashlib.sha256).digest()
    assert headers() == {
        "Webhook-Id": "m1",
        "Webhook-Timestamp": str(NOW),
        "Webhook-Signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def test_either_secret_fits_while_it_is_changed():
    for secret in (SECRET, OTHER):
        verify(secret, headers=headers(OTHER, SECRET), body=BODY, now=NOW)


def test_names_of_headers_may_be_written_in_any_case():
    verify(SECRET, headers={name.upper(): value for name, value in headers().items()}, body=BODY, now=NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_message_of_these_minutes_is_taken(seconds):
    verify(SECRET, headers=headers(), body=BODY, now=NOW + seconds)


@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_old_or_early_message_is_refused(seconds):
    with pytest.raises(Unverified, match="timestamp"):
        verify(SECRET, headers=headers(), body=BODY, now=NOW + seconds)


def test_wrong_secret_is_refused():
    with pytest.raises(Unverified, match="signature"):
        verify(OTHER, headers=headers(), body=BODY, now=NOW)


@pytest.mark.parametrize("change", [{"Webhook-Id": "m2"}, {TIMESTAMP: str(NOW + 1)}, {SIGNATURE: "v1,AAAA"}])
def test_changed_header_is_refused(change):
    with pytest.raises(Unverified, match="signature"):
        verify(SECRET, headers=headers() | change, body=BODY, now=NOW)


def test_changed_body_is_refused():
    with pytest.raises(Unverified, match="signature"):
        verify(SECRET, headers=headers(), body=BODY + b" ", now=NOW)


@pytest.mark.parametrize("change", [{TIMESTAMP: "soon"}, {"Webhook-Id": None}, {SIGNATURE: None}])
def test_missing_or_unreadable_headers_are_refused(change):
    given = {name: value for name, value in (headers() | change).items() if value is not None}
    with pytest.raises(Unverified, match="headers"):
        verify(SECRET, headers=given, body=BODY, now=NOW)


def test_signature_outside_of_ascii_is_refused():
    with pytest.raises(Unverified, match="signature"):
        verify(SECRET, headers=headers() | {SIGNATURE: "v1,ä"}, body=BODY, now=NOW)
