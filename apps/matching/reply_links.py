"""The link in a letter by which a therapist answers without a log-in: signed, expiring, revocable.

The token carries the inquiry's reference and its `reply_key`; a new key makes every link sent before
worthless. Nothing about a patient is in it.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from apps.matching.models import Inquiry

SALT = "matching.reply"
LINK_REVOKED = "link_revoked"  # in the history of an inquiry, whose state stays


def reply_token(inquiry: Inquiry) -> str:
    return signing.dumps([inquiry.reference, inquiry.reply_key], salt=SALT)


def reply_url(inquiry: Inquiry) -> str:
    return settings.SITE_URL + reverse("matching:reply", args=[reply_token(inquiry)])


def reference_and_key(token: str, *, valid_days: int) -> tuple[str, str] | None:
    """What the token names; None for a forged, broken or old one."""
    try:
        reference, key = signing.loads(token, salt=SALT, max_age=timedelta(days=valid_days))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(reference), str(key)
