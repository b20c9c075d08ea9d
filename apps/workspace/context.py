"""What every page shows: the navigation and the language."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

ENTRIES = [
    ("workspace:today", _("Today"), "today"),
    ("patients:list", _("Patients"), "patients"),
    ("therapists:list", _("Therapists"), "therapists"),
    ("matching:searches", _("Searches"), "searches"),
    ("matching:rounds", _("Rounds"), "rounds"),
    ("matching:inquiries", _("Inquiries"), "inquiries"),
    ("communication:calls", _("Calls"), "calls"),
    ("communication:emails", _("Mail"), "mail"),
]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Entries of the left navigation with the current one marked (by the URL's namespace and section)."""
    match = request.resolver_match
    current = f"{match.namespace}:{match.url_name}" if match else ""
    return {
        "navigation": [
            {"url": reverse_lazy(name), "label": label, "icon": icon, "is_current": name == current}
            for name, label, icon in ENTRIES
        ]
    }
