"""What the views of matching share: guards of methods, answers to an act, the log of who was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from apps.core.audit import record_accesses

ROWS_A_PAGE = 50
MOST_DIGITS = 7  # of a page's number

reads_and_writes = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Pages:
    """For matching/pages.html; a link is "" where there is no such page."""

    number: int
    count: int
    previous: str
    next: str


def posted(request: HttpRequest) -> Any:
    """What binds a form: the data of a POST, else None."""
    return request.POST if request.method == "POST" else None


def page_number(request: HttpRequest, name: str = "page") -> int:
    """The page that is asked for; the first one where that is no number."""
    text = request.GET.get(name, "")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < MOST_DIGITS else 1


def pages(request: HttpRequest, *, number: int, count: int, name: str = "page", anchor: str = "") -> Pages:
    """Links to the page before and after, with everything else that was asked for."""

    def link(other: int) -> str:
        query = request.GET.copy()
        query[name] = str(other)
        return f"?{query.urlencode()}{anchor}"

    return Pages(
        number=number,
        count=count,
        previous=link(number - 1) if number > 1 else "",
        next=link(number + 1) if number < count else "",
    )


def note_access(request: HttpRequest, patient_ids: Iterable[int]) -> None:
    """This page shows who these patients are."""
    assert request.resolver_match is not None  # a view runs only after its URL was resolved
    purpose = request.resolver_match.view_name
    record_accesses(actor=request.user, patient_ids=patient_ids, purpose=purpose, at=timezone.now())


def done(request: HttpRequest, message: Any, to: Any, *args: Any) -> HttpResponse:
    """Say what happened and go to `to`, or to the page of this site the form names as `next`."""
    messages.success(request, message)
    return redirect(next_page(request) or to, *([] if next_page(request) else args))


def next_page(request: HttpRequest) -> str:
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if is_ours else ""


def ask(request: HttpRequest, **context: Any) -> HttpResponse:
    """The page before an act: title, text, button, cancel_url; optionally consequences, form, tone."""
    return render(request, "matching/act.html", context)
