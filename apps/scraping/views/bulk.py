""" "Take all of this run": what would be taken and left out, then the act."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.permissions import working
from apps.scraping import wording
from apps.scraping.enums import BulkKind, Standing
from apps.scraping.models import ChangeProposal, ImportRun
from apps.scraping.selectors import review
from apps.scraping.services import bulk
from apps.scraping.services.bulk import Preview
from apps.scraping.views.shared import done, reads_and_writes


@working
@reads_and_writes
def take_all(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    run = get_object_or_404(ImportRun.objects.select_related("source"), pk=pk)
    if what not in BulkKind.values:
        raise Http404
    kind = BulkKind(what)
    if request.method == "POST":
        decision = bulk.decide(
            run=run,
            what=kind,
            only=_known(request.POST.getlist("only")),
            actor=request.user,  # type: ignore[arg-type]  # the decorator lets nobody else in
            at=timezone.now(),
        )
        text = ngettext("%(count)s is being taken over.", "%(count)s are being taken over.", decision.total)
        return done(request, text % {"count": decision.total}, run)
    return render(
        request, f"scraping/take_{kind}.html", _context(run, kind, _known(request.GET.getlist("only")))
    )


def _known(names: list[str]) -> list[str]:
    return [name for name in names if name in wording.FIELD_NAMES]


def _context(run: ImportRun, kind: BulkKind, only: list[str]) -> dict[str, Any]:
    found = bulk.preview(run=run, what=kind, only=only)
    whole = bulk.preview(run=run, what=kind) if only else found
    reasons = _changes_left_out(run, only, found) if kind == BulkKind.CHANGES else _new_left_out(run)
    return {
        "run": run,
        "what": kind,
        "preview": found,
        "only": only,
        "fields": [
            (name, wording.label(name), count, not only or name in only)
            for name, count in whole.per_field.items()
        ],
        "samples": [_sample(one) if isinstance(one, ChangeProposal) else one for one in found.samples],
        "reasons": [(text, count) for text, count in reasons if count],
    }


def _sample(proposal: ChangeProposal) -> dict[str, Any]:
    return {
        "therapist": proposal.therapist,
        "label": wording.label(proposal.field),
        "old": wording.value(proposal.field, proposal.old),
        "new": wording.value(proposal.field, proposal.new),
    }


def _changes_left_out(run: ImportRun, only: list[str], found: Preview) -> list[tuple[str, int]]:
    waiting = review.open_proposals(run=run)
    by_hand = waiting.filter(is_hand_kept=True).count()
    doubtful = waiting.filter(is_hand_kept=False).exclude(record__doubts=[]).count()
    return [
        (_("the present value is kept by hand"), by_hand),
        (_("the record has something to look at"), doubtful),
        (_("fields that are not ticked"), found.left_out - by_hand - doubtful),
    ]


def _new_left_out(run: ImportRun) -> list[tuple[str, int]]:
    waiting = review.waiting_records(run=run)
    new = waiting.filter(standing=Standing.NEW)
    return [
        (_("several therapists on file may be meant"), waiting.filter(standing=Standing.UNCLEAR).count()),
        (_("the record has something to look at"), new.exclude(doubts=[]).count()),
        (_("the first name is missing"), new.filter(doubts=[], first_name="").count()),
    ]
