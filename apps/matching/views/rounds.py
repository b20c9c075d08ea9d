"""Rounds: plan, look at every line, drop lines, release or discard."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core import parameters as operating
from apps.matching import phrases
from apps.matching.enums import InquiryStatus, RequestStatus, RoundStatus
from apps.matching.facts import score_parts
from apps.matching.models import Inquiry, PlacementRequest, Round
from apps.matching.selectors import lists, previews
from apps.matching.selectors.waiting import unplanned_in
from apps.matching.services import release, rounds
from apps.matching.services.release import Released
from apps.matching.tables import RoundTable
from apps.matching.views.shared import ROWS_A_PAGE, ask, done, next_page, reads_and_writes
from apps.therapists.selectors import main_practice


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    table = RoundTable(lists.round_list())
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    draft = Round.objects.filter(status=RoundStatus.DRAFT).first()
    return render(
        request, "matching/rounds.html", {"table": table, "draft": draft, "by_hand": lists.drafts_by_hand()}
    )


@working
@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    planned = rounds.plan_round(actor=request.user, at=timezone.now(), today=timezone.localdate())
    return done(request, _("Planned. Nothing is sent before you release it."), planned)


@viewing
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_object_or_404(Round.objects.select_related("created_by"), pk=pk)
    rows = [_row(inquiry) for inquiry in lists.inquiries_of_round(round_)]
    live = [row for row in rows if row["inquiry"].status != InquiryStatus.CANCELLED]
    context = {
        "round": round_,
        "rows": live,
        "cancelled_count": len(rows) - len(live),
        "drafts": [row for row in live if row["is_draft"]],
        "request_count": sum(len(row["lines"]) for row in live),
        "search_count": len({line["request"].search_id for row in live for line in row["lines"]}),
    }
    return render(request, "matching/round.html", context)


@viewing
@require_GET
def unplanned(request: HttpRequest, pk: int) -> HttpResponse:
    """Searches without a line, and why: worked out when asked for, it looks at every therapist again."""
    round_ = get_object_or_404(Round, pk=pk)
    parameters = operating.current(at=timezone.now())
    found = unplanned_in(round_=round_, parameters=parameters, today=timezone.localdate())
    context = {
        "round": round_,
        "today": timezone.localdate(),
        "rows": [
            {
                "search": row.search,
                "reason": phrases.UNPLANNED_REASONS[row.reason],
                "blocking": phrases.blocked_by(row.blocking) if row.blocking else "",
            }
            for row in found
        ],
    }
    is_part = getattr(request, "htmx", False)
    return render(request, "matching/unplanned_rows.html" if is_part else "matching/unplanned.html", context)


@working
@reads_and_writes
def release_round(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview first (GET with the ticked inquiries), then release exactly these (POST)."""
    round_ = get_object_or_404(Round, pk=pk)
    if request.method == "POST":
        ids = [int(value) for value in request.POST.getlist("inquiry") if value.isdigit()]
        result = release.release_round(
            round_=round_, actor=request.user, at=timezone.now(), today=timezone.localdate(), inquiry_ids=ids
        )
        return told(request, result, round_)
    chosen = _chosen(request, round_)
    if not chosen:
        messages.warning(request, _("Please tick at least one inquiry."))
        return redirect(round_)
    return _preview(request, round_, chosen)


@working
@reads_and_writes
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_object_or_404(Round, pk=pk)
    if request.method == "POST":
        rounds.discard(round_=round_, actor=request.user, at=timezone.now())
        return done(request, _("The rest of the round is discarded."), "matching:rounds")
    planned = PlacementRequest.objects.filter(inquiry__round=round_, status=RequestStatus.PLANNED).count()
    text = ngettext(
        "%(count)s planned request is dropped.", "%(count)s planned requests are dropped.", planned
    )
    return ask(
        request,
        title=_("Discard the round"),
        text=_("What has not been released is thrown away."),
        button=_("Discard"),
        tone="danger",
        consequences=[text % {"count": planned}, _("Nobody is told; a new round can be planned at once.")],
        cancel_url=round_.get_absolute_url(),
    )


@working
@require_POST
def drop_request(request: HttpRequest, pk: int) -> HttpResponse:
    """For htmx the line vanishes, else back to the page."""
    line = get_object_or_404(PlacementRequest.objects.select_related("inquiry__round"), pk=pk)
    at = timezone.now()
    rounds.drop_request(request=line, actor=request.user, at=at)
    if line.inquiry.round is not None:
        release.close_if_done(round_=line.inquiry.round, actor=request.user, at=at)
    if getattr(request, "htmx", False):
        return render(request, "matching/line_dropped.html")
    return done(request, _("Dropped."), line.inquiry.round or line.inquiry)


def told(request: HttpRequest, result: Released, to: Any) -> HttpResponse:
    """Say how many were released and, one by one, what was refused and why."""
    count = len(result.released)
    text = ngettext("%(count)s inquiry released.", "%(count)s inquiries released.", count)
    (messages.success if count else messages.warning)(request, text % {"count": count})
    for inquiry, reason in result.refused:
        messages.warning(request, f"{inquiry.reference}, {inquiry.therapist}: {reason}")
    return redirect(next_page(request) or to)


def _chosen(request: HttpRequest, round_: Round) -> list[Inquiry]:
    drafts = lists.inquiries_of_round(round_).filter(status=InquiryStatus.DRAFT)
    if "all" not in request.GET:
        drafts = drafts.filter(pk__in=[value for value in request.GET.getlist("inquiry") if value.isdigit()])
    return list(drafts)


def _preview(request: HttpRequest, round_: Round, chosen: list[Inquiry]) -> HttpResponse:
    parameters = operating.current(at=timezone.now())
    context = {
        "round": round_,
        "inquiries": chosen,
        "consequences": previews.release(inquiries=chosen, parameters=parameters).sentences,
    }
    return render(request, "matching/release.html", context)


def _row(inquiry: Inquiry) -> dict[str, Any]:
    is_draft = inquiry.status == InquiryStatus.DRAFT
    kept = [request for request in inquiry.requests.all() if request.status != RequestStatus.DROPPED]
    return {
        "inquiry": inquiry,
        "practice": main_practice(inquiry.therapist),
        "is_draft": is_draft,
        "lines": [line(request) for request in kept],
    }


def line(request: PlacementRequest) -> dict[str, Any]:
    """One request with why it was planned, in words."""
    facts = request.plan_facts or {}
    codes = facts.get("reasons", [])
    reasons = [phrases.PLAN_REASONS[code] for code in codes if code in phrases.PLAN_REASONS]
    return {
        "request": request,
        "facts": facts,
        "reasons": reasons,
        "chance": _chance(facts),
        "parts": score_parts(request),
    }


def _chance(facts: dict[str, Any]) -> dict[str, int] | None:
    """The search's chance of at least one yes, in percent, without and with this line."""
    if "chance_after" not in facts:
        return None  # added by hand
    return {name: round(100 * facts[f"chance_{name}"]) for name in ("before", "after")}
