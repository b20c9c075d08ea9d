"""Proposed changes, by therapist: each accepted or refused, or all of one person at once."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.permissions import viewing, working
from apps.core.errors import DomainError
from apps.scraping import wording
from apps.scraping.enums import ProposalStatus
from apps.scraping.filters import ProposalFilter
from apps.scraping.models import ChangeProposal
from apps.scraping.selectors import review
from apps.scraping.services import deciding, decisions
from apps.scraping.views.shared import done, refusing, tabs, with_undo
from apps.therapists.models import Therapist

PEOPLE_A_PAGE = 20
BY_NAME = ("last_name", "first_name", "pk")


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen = ProposalFilter(request.GET, queryset=review.open_proposals())
    people = Therapist.objects.filter(pk__in=chosen.qs.order_by().values("therapist")).order_by(*BY_NAME)
    page = Paginator(people, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "tabs": tabs("changes"),
        "filter": chosen,
        "page": page,
        "groups": _groups(page.object_list, chosen.qs),
        "query": query.urlencode(),
        "run": request.GET.get("run", ""),
    }
    return render(request, "scraping/changes.html", context)


@working
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, ProposalStatus.ACCEPTED)


@working
@require_POST
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, ProposalStatus.REFUSED)


@working
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    with refusing():
        decisions.take_back(proposal=_proposal(pk), actor=request.user, at=timezone.now())
    return _answer(request, pk, _("Taken back; the change waits again."))


@working
@require_POST
def accept_all(request: HttpRequest, pk: int) -> HttpResponse:
    """Of one therapist what the page has shown: what came in meanwhile waits for the next look."""
    therapist = get_object_or_404(Therapist, pk=pk)
    shown = [int(text) for text in request.POST.getlist("proposal") if text.isascii() and text.isdigit()]
    rows = review.open_proposals().filter(therapist=therapist, pk__in=shown).order_by("pk")
    taken, problems = deciding.accept_all(proposals=rows, actor=request.user, at=timezone.now())
    for problem in dict.fromkeys(problems):
        messages.warning(request, problem)
    text = ngettext(
        "%(count)s change is taken over: %(name)s.", "%(count)s changes are taken over: %(name)s.", taken
    )
    return done(request, text % {"count": taken, "name": therapist.full_name}, "scraping:changes")


def _decide(request: HttpRequest, pk: int, to: ProposalStatus) -> HttpResponse:
    proposal, now = _proposal(pk), timezone.now()
    try:
        with refusing():
            act = decisions.accept if to == ProposalStatus.ACCEPTED else decisions.refuse
            act(proposal=proposal, actor=request.user, at=now)
    except DomainError as error:
        if not getattr(request, "htmx", False):
            raise
        return _line(request, pk, problem=str(error.message))
    is_accepted = to == ProposalStatus.ACCEPTED
    text = _("The value is taken over.") if is_accepted else _("Refused; the present value stays.")
    if proposal.field != wording.WORKPLACE:
        undo_url = reverse("scraping:take_back_change", args=[pk])
        return _answer(request, pk, with_undo(request, text, undo_url=undo_url))
    return _answer(request, pk, text)


def _answer(request: HttpRequest, pk: int, message: Any) -> HttpResponse:
    if getattr(request, "htmx", False):
        return _line(request, pk)
    return done(request, message, "scraping:changes")


def _line(request: HttpRequest, pk: int, problem: str = "") -> HttpResponse:
    context = {"change": line(_proposal(pk)), "problem": problem, "is_answer": True}
    return render(request, "scraping/change.html", context)


def _proposal(pk: int) -> ChangeProposal:
    return get_object_or_404(ChangeProposal.objects.select_related(*SHOWN), pk=pk)


SHOWN = ("therapist", "practice", "record__source")


def _groups(people: Any, proposals: QuerySet[ChangeProposal]) -> list[dict[str, Any]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = proposals.filter(therapist__in=[one.pk for one in people]).select_related(*SHOWN).order_by("pk")
    for row in rows:
        found.setdefault(row.therapist_id, []).append(line(row))
    return [{"therapist": one, "changes": found.get(one.pk, [])} for one in people]


def line(proposal: ChangeProposal) -> dict[str, Any]:
    """A proposal with its values in words."""
    return {
        "proposal": proposal,
        "label": wording.label(proposal.field),
        "old": wording.value(proposal.field, proposal.old),
        "new": wording.value(proposal.field, proposal.new),
        "can_take_back": proposal.field != wording.WORKPLACE,
    }
