"""A link to a record that was merged leads to the record it became part of."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from apps.core.merging import kinds
from apps.core.models import MergeRecord

MOST_STEPS = 20


class MergedRecordMiddleware:
    """Only where the page would be missing: the role was asked for before, and nothing costs a query else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        match = request.resolver_match
        if not isinstance(error, Http404) or match is None or "pk" not in match.kwargs:
            return None
        for kind in kinds.every():
            if kind.route and match.route.startswith(kind.route):
                return _to_heir(request, kind, match.kwargs["pk"])
        return None


def heir(kind: str, pk: int) -> int | None:
    """The record that one has become part of, also over several merges; None if it was not merged."""
    found = None
    for _step in range(MOST_STEPS):
        row = MergeRecord.objects.filter(kind=kind, dropped_id=found or pk, undone_at=None).only("kept_id")
        record = row.first()
        if record is None:
            break
        found = record.kept_id
    return found


def _to_heir(request: HttpRequest, kind: kinds.Kind, pk: int) -> HttpResponse | None:
    kept = heir(kind.name, pk)
    if kept is None:
        return None
    text = _("Record #%(pk)s was merged: this is the record it became part of.")
    if request.method not in ("GET", "HEAD"):
        text = _(
            "Record #%(pk)s was merged meanwhile, so nothing was saved. This is the record it became part of."
        )
    messages.info(request, text % {"pk": pk})
    return redirect(kind.url(kept))
