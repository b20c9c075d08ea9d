"""What every page shows: the navigation."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

TODAY = "workspace:today"
ENTRIES = [
    (TODAY, _("Today"), "today"),
    ("intake:list", _("Registrations"), "person"),
    ("patients:list", _("Patients"), "patients"),
    ("therapists:list", _("Therapists"), "therapists"),
    ("matching:searches", _("Searches"), "searches"),
    ("matching:rounds", _("Rounds"), "rounds"),
    ("matching:inquiries", _("Inquiries"), "inquiries"),
    ("communication:calls", _("Calls"), "calls"),
    ("communication:inbox", _("Inbox"), "inbox"),
    ("communication:emails", _("Mail"), "mail"),
    ("imports:overview", _("Imports"), "imports"),
    ("matching:simulations", _("Reports"), "reports"),
]

# pages of an entry that have addresses of their own
BELOW = {"imports:overview": ("scraping:sources",)}


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Entries of the left navigation for staff with a role; every page below an entry marks it as current."""
    user = getattr(request, "user", None)  # an error page may be older than the session
    if not getattr(user, "can_view", False):
        return {"navigation": []}
    return {"navigation": [_entry(request.path, *entry) for entry in ENTRIES]}


def _entry(path: str, name: str, label: Any, icon: str) -> dict[str, Any]:
    url = reverse(name)
    urls = [url, *map(reverse, BELOW.get(name, ()))]
    is_current = path == url if name == TODAY else any(map(path.startswith, urls))
    return {"url": url, "label": label, "icon": icon, "is_current": is_current}
