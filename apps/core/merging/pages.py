"""What the pages about duplicates share. The apps' views say who may see them and log who was shown."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.enums import MergeKind, SuggestionStatus
from apps.core.merging import kinds, sides, suggestions
from apps.core.merging.kinds import Brief, Kind, Text
from apps.core.merging.merge import merge, preview, what_points
from apps.core.merging.rules import objections
from apps.core.merging.undo import outlook, undo
from apps.core.models import DuplicateSuggestion, MergeRecord

PAIRS_A_PAGE = 25
MERGE, PREVIEW = "merge", "preview"


@dataclass(frozen=True)
class Site:
    """The pages of one app: its URL namespace, kinds of record with the names of their merge pages, and what
    notes in the log of accesses who was shown."""

    namespace: str
    title: Text
    merge_pages: dict[str, str]
    note_seen: Callable[[HttpRequest, Collection[int]], None] = lambda _request, _ids: None

    def url(self, name: str, *args: object) -> str:
        return reverse(f"{self.namespace}:{name}", args=args)

    def merge_url(self, kind: str, kept: int, other: int) -> str:
        return self.url(self.merge_pages[kind], kept, other)


@dataclass(frozen=True)
class Tab:
    url: str
    label: str | Text
    count: int
    is_current: bool


@dataclass(frozen=True)
class Pair:
    suggestion: DuplicateSuggestion
    first: Brief
    second: Brief
    reasons: list[Text]
    merge_url: str


def list_page(request: HttpRequest, site: Site) -> HttpResponse:
    """Pairs of one kind, the surest first; `?status=dismissed` shows what was told apart."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in site.merge_pages else next(iter(site.merge_pages))
    is_dismissed = request.GET.get("status") == SuggestionStatus.DISMISSED
    status = SuggestionStatus.DISMISSED if is_dismissed else SuggestionStatus.OPEN
    page = Paginator(suggestions.open_pairs(kind=kind, status=status), PAIRS_A_PAGE).get_page(
        request.GET.get("page")
    )
    pairs = _pairs(site, kind, list(page))
    site.note_seen(request, sorted({pk for one in pairs for pk in _ids(one.suggestion)}))
    context = {
        "site": site,
        "pairs": pairs,
        "page": page,
        "tabs": _tabs(site, kind, is_dismissed),
        "kind": kind,
        "is_dismissed": is_dismissed,
        "merges_url": site.url("merges"),
    }
    return render(request, "merging/list.html", context)


def dismiss_page(request: HttpRequest, site: Site, pk: int) -> HttpResponse:
    row = _suggestion(site, pk)
    try:
        suggestions.dismiss(
            suggestion=row, reason=request.POST.get("reason", ""), actor=request.user, at=timezone.now()
        )
        messages.success(request, _("Noted: not the same. This pair is not suggested again."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(f"{site.url('duplicates')}?kind={row.kind}")


def reopen_page(request: HttpRequest, site: Site, pk: int) -> HttpResponse:
    row = _suggestion(site, pk)
    suggestions.reopen(suggestion=row, actor=request.user, at=timezone.now())
    messages.success(request, _("The pair is suggested again."))
    return redirect(f"{site.url('duplicates')}?kind={row.kind}")


def merge_page(request: HttpRequest, site: Site, kind: str, kept_id: int, other_id: int) -> HttpResponse:
    """Side by side, then what would happen, then the act."""
    what = kinds.get(kind)
    kept, other = what.load(kept_id), what.load(other_id)
    if kept is None or other is None or kept_id == other_id:
        raise Http404
    site.note_seen(request, [kept_id, other_id])
    values: dict[str, Any] = {"kind": kind, "kept_id": kept_id, "dropped_id": other_id}
    chosen = {key: str(value) for key, value in request.POST.items()}
    if request.POST.get("step") == MERGE:
        reason = request.POST.get("reason", "")
        record = merge(**values, chosen=chosen, actor=request.user, at=timezone.now(), reason=reason)
        messages.success(request, _("Merged. If that was a mistake, it can be undone here."))
        return redirect(site.url("merge_record", record.pk))
    context = _merge_context(site, what, kept, other)
    if request.method == "POST":
        context["preview"] = preview(**values, chosen=chosen, at=timezone.now())
        return render(request, "merging/preview.html", context)
    context["lines"] = sides.lines(what, kept, other)
    return render(request, "merging/merge.html", context)


def merges_page(request: HttpRequest, site: Site) -> HttpResponse:
    rows = MergeRecord.objects.filter(kind__in=site.merge_pages).select_related("merged_by", "undone_by")
    page = Paginator(rows.defer("log"), PAIRS_A_PAGE).get_page(request.GET.get("page"))
    site.note_seen(request, sorted({row.kept_id for row in page}))
    context = {"site": site, "page": page, "rows": [(row, site.url("merge_record", row.pk)) for row in page]}
    return render(request, "merging/merges.html", {**context, "duplicates_url": site.url("duplicates")})


def record_page(request: HttpRequest, site: Site, pk: int) -> HttpResponse:
    """One merge, and whether it can be undone; a POST undoes it."""
    record = get_object_or_404(MergeRecord, pk=pk, kind__in=site.merge_pages)
    site.note_seen(request, [record.kept_id])
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        undo(record=record, actor=request.user, at=timezone.now(), reason=reason)
        messages.success(request, _("Undone: both records are as they were."))
        return redirect(site.url("merge_record", pk))
    what = kinds.get(record.kind)
    context = {
        "site": site,
        "record": record,
        "outlook": None if record.undone_at else outlook(record),
        "kept_url": what.url(record.kept_id),
        "merges_url": site.url("merges"),
    }
    return render(request, "merging/record.html", context)


def _merge_context(site: Site, what: Kind, kept: Any, other: Any) -> dict[str, Any]:
    return {
        "site": site,
        "kept": kept,
        "other": other,
        "kept_label": what.label(kept),
        "other_label": what.label(other),
        "kept_url": what.url(kept.pk),
        "other_url": what.url(other.pk),
        "swapped_url": site.merge_url(what.name, other.pk, kept.pk),
        "duplicates_url": f"{site.url('duplicates')}?kind={what.name}",
        "points": what_points(kind=what.name, pk=other.pk),
        "objections": objections(what.name, kept.pk, other.pk),
        "warnings": what.warnings(kept, other),
    }


def _pairs(site: Site, kind: str, rows: list[DuplicateSuggestion]) -> list[Pair]:
    """Without those of which one record is gone: the next search for duplicates removes them."""
    what = kinds.get(kind)
    briefs = what.briefs({pk for row in rows for pk in _ids(row)})
    return [
        Pair(
            suggestion=row,
            first=briefs[row.first_id],
            second=briefs[row.second_id],
            reasons=[what.sentences[code] for code in row.reasons if code in what.sentences],
            merge_url=site.merge_url(kind, row.first_id, row.second_id),
        )
        for row in rows
        if row.first_id in briefs and row.second_id in briefs
    ]


def _tabs(site: Site, kind: str, is_dismissed: bool) -> list[Tab]:
    found = []
    for name in site.merge_pages:
        count = suggestions.open_pairs(kind=name).count()
        found.append(Tab(f"?kind={name}", MergeKind(name).label, count, name == kind and not is_dismissed))
    dismissed = suggestions.open_pairs(kind=kind, status=SuggestionStatus.DISMISSED).count()
    url = f"?kind={kind}&status={SuggestionStatus.DISMISSED}"
    return [*found, Tab(url, SuggestionStatus.DISMISSED.label, dismissed, is_dismissed)]


def _suggestion(site: Site, pk: int) -> DuplicateSuggestion:
    return get_object_or_404(DuplicateSuggestion, pk=pk, kind__in=site.merge_pages)


def _ids(row: DuplicateSuggestion) -> tuple[int, int]:
    return row.first_id, row.second_id
