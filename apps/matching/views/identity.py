"""The identity of a patient for the therapist who said yes: staff send and revoke the link, it opens once.

GET changes nothing and shows nothing: mail scanners open links. The token is the right to open, so the
public page does without session and CSRF cookie, like the reply page.
"""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from apps.accounts.permissions import working
from apps.core import parameters as operating
from apps.core.throttle import READS, WRITES, Limit, throttled
from apps.matching.models import IdentityLink, PlacementRequest
from apps.matching.selectors.lists import request_page
from apps.matching.services import identity
from apps.matching.views.reply import office, too_many
from apps.matching.views.shared import ask, done, reads_and_writes

GONE = 410
LIMITS = (
    Limit("identity.read", most=60, seconds=60, methods=READS),
    Limit("identity.write", most=20, seconds=60, methods=WRITES),
)


@login_not_required
@csrf_exempt
@never_cache
@reads_and_writes
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Public and German like the letter; nobody may index, cache, frame or trace it."""
    with translation.override("de"):
        response = _page(request, token=token)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@throttled(*LIMITS, refuse=too_many)
def _page(request: HttpRequest, token: str) -> HttpResponse:
    at = timezone.now()
    link = identity.find(token=token)
    if link is None:
        return render(request, "reply/gone.html", {"office": office()}, status=404)
    if request.method == "POST" and (found := identity.open_link(token=token, at=at)) is not None:
        return render(request, "identity/identity.html", {"identity": found, "office": office()})
    if request.method == "POST" or not identity.opens(link=link, at=at):
        link.refresh_from_db(fields=["opened_at"])
        return render(request, "identity/gone.html", {"link": link, "office": office()}, status=GONE)
    return render(request, "identity/open.html", {"link": link})


@working
@reads_and_writes
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    accepted = _accepted(pk)
    at = timezone.now()
    if request.method == "POST":
        identity.hand_over(request=accepted, actor=request.user, at=at)
        return done(request, _("The link is on its way to the therapist."), accepted.inquiry)
    days = operating.current(at=at).identity_link_days
    return _ask(
        request,
        accepted,
        title=_("Send the identity"),
        text=_("%(name)s gets a link by e-mail.") % {"name": accepted.therapist.full_name},
        button=_("Send the link"),
        icon="key",
        consequences=[
            _("Behind it are name, phone, e-mail and insurance of the patient; the e-mail names nobody."),
            _("It opens once and is valid for %(days)s days.") % {"days": days},
            _("You can revoke it as long as it has not been opened."),
        ],
    )


@working
@reads_and_writes
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(IdentityLink, pk=pk)
    accepted = _accepted(link.request_id)
    if request.method == "POST":
        identity.revoke(link=link, actor=request.user, at=timezone.now())
        return done(request, _("The link does not open any more."), accepted.inquiry)
    return _ask(
        request,
        accepted,
        title=_("Revoke the link"),
        text=_("Sent on %(moment)s.")
        % {"moment": date_format(timezone.localtime(link.created_at), "SHORT_DATETIME_FORMAT")},
        button=_("Revoke the link"),
        tone="danger",
        consequences=[_("The link in the e-mail opens nothing any more. You can send a new one.")],
    )


def _accepted(pk: int) -> PlacementRequest:
    return get_object_or_404(request_page(), pk=pk)


def _ask(request: HttpRequest, accepted: PlacementRequest, **context: Any) -> HttpResponse:
    subtitle = f"{accepted.search.patient.case_code} · {accepted.therapist.full_name}"
    return ask(request, subtitle=subtitle, cancel_url=accepted.inquiry.get_absolute_url(), **context)
