"""What the pages of imports share: tabs, answers to an act, the way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from apps.core.errors import Refused
from apps.scraping.filters import nowhere_shown
from apps.scraping.selectors import review

ROWS_A_PAGE = 50
reads_and_writes = require_http_methods(["GET", "HEAD", "POST"])


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages of imports, with how much waits on each; three queries."""
    pages = [
        ("scraping:sources", _("Sources"), None),
        ("scraping:runs", _("Runs"), None),
        ("scraping:review", _("Review"), review.waiting_records().count()),
        ("scraping:changes", _("Changes"), review.open_proposals().count()),
        ("scraping:vanished", _("Vanished"), nowhere_shown(review.vanished_records()).count()),
    ]
    return [
        {"url": reverse(name), "label": label, "count": count, "is_current": name == f"scraping:{current}"}
        for name, label, count in pages
    ]


@contextmanager
def refusing() -> Iterator[None]:
    """What a source says may not be fit for our records: said kindly, in the words of the field."""
    try:
        yield
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error


def done(request: HttpRequest, message: Any, to: Any, *args: Any) -> HttpResponse:
    """Say what happened and go to `to`, or to the page of this site that the form names as `next`."""
    messages.success(request, message)
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return redirect(page) if is_ours else redirect(to, *args)


def with_undo(request: HttpRequest, text: Any, *, undo_url: str) -> SafeString:
    """A message with a button that takes the act back: a form, as GET changes nothing."""
    button = render_to_string("scraping/undo.html", {"undo_url": undo_url}, request=request)
    return format_html("{} {}", text, button)
