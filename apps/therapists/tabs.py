"""The tabs of a therapist's page. Apps above add theirs, so that this one needs not know them."""

from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.therapists.models import Therapist

TABS: list[tuple[str, str | Promise]] = [
    ("therapists:detail", _("Overview")),
    ("therapists:offer", _("Offer and wishes")),
    ("therapists:hours", _("Hours")),
    ("therapists:contact", _("Contact and pauses")),
    ("therapists:history", _("History")),
]


def add(name: str, label: str | Promise) -> None:
    """A page of another app, by the name of its URL; the view answers with `views.detail.page`."""
    if (name, label) not in TABS:
        TABS.append((name, label))


def of(therapist: Therapist, current: str) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse(name, args=[therapist.pk]),
            "label": label,
            "is_current": name.endswith(f":{current}"),
        }
        for name, label in TABS
    ]
