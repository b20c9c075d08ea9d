"""Signatures of webhooks, after the Standard Webhooks scheme (standardwebhooks.com): pure.

What is signed is `id.timestamp.body`, with HMAC-SHA256 under the secret that was shown when the webhook was
made ("whsec_" and base64 of the key). `verify` is what a receiver does; docs/webhooks.md has it to copy.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

ID, TIMESTAMP, SIGNATURE = "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"
PREFIX = "whsec_"
VERSION = "v1"
TOLERANCE_SECONDS = 5 * 60


class Unverified(Exception):
    """It did not come from us, was changed on its way, or is a copy of an old message."""


def sign(secrets: Iterable[str], *, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers; while a secret is being changed one signature per secret, divided by spaces."""
    signatures = [_signature(secret, message_id, str(timestamp), body) for secret in secrets]
    return {ID: message_id, TIMESTAMP: str(timestamp), SIGNATURE: " ".join(signatures)}


def verify(
    secret: str, *, headers: Mapping[str, str], body: bytes, now: float, tolerance: int = TOLERANCE_SECONDS
) -> None:
    """Raises Unverified unless one of the signatures fits and the message is of these minutes.

    `body` are the bytes as they came, before any reading as JSON; `now` is Unix time.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp = given[ID.lower()], given[TIMESTAMP.lower()]
        signatures, moment = given[SIGNATURE.lower()].split(), int(timestamp)
    except (KeyError, ValueError) as error:
        raise Unverified("headers") from error
    if abs(now - moment) > tolerance:
        raise Unverified("timestamp")
    expected = _signature(secret, message_id, timestamp, body)
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in signatures):
        raise Unverified("signature")


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    told = b".".join([message_id.encode(), timestamp.encode(), body])
    return f"{VERSION},{base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()}"
