"""The last look of a plan at its searches: what was asked by hand while it was being written counts."""

from collections import defaultdict
from datetime import date

from django.db.models import Count

from apps.matching.enums import OPEN_REQUESTS
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, Round
from apps.matching.selectors import loading


def take_back(*, round_: Round, today: date, most_open: int) -> int:
    """Delete lines above the limit of their search, and those of searches that pause or ended meanwhile.

    The last thing in the transaction that writes the round: nobody has seen these lines yet, so they leave no
    trace. From here to the commit the searches are held, whoever asks by hand counts after it. Holding them
    while the round is written would keep answers waiting for seconds. A search that somebody has in hand at
    this moment is left to the next plan: they may be waiting for a draft of this very round.
    """
    excess = _excess(round_, today=today, most_open=most_open)
    if excess:
        PlacementRequest.objects.filter(pk__in=excess).delete()
        Inquiry.objects.filter(round=round_, requests__isnull=True).delete()
    return len(excess)


def _excess(round_: Round, *, today: date, most_open: int) -> list[int]:
    """Of each search, the lines with the lowest scores."""
    lines: dict[int, list[int]] = defaultdict(list)
    rows = PlacementRequest.objects.filter(inquiry__round=round_).order_by("score", "id")
    for pk, search_id in rows.values_list("id", "search_id"):
        lines[search_id].append(pk)
    searches = PlacementSearch.objects.filter(pk__in=lines).order_by("id")
    held = list(searches.select_for_update(no_key=True, skip_locked=True).values_list("id", flat=True))
    running = set(loading.plannable(today=today).filter(pk__in=held).values_list("id", flat=True))
    open_requests = PlacementRequest.objects.filter(search__in=lines, status__in=OPEN_REQUESTS)
    counted = open_requests.order_by().values_list("search_id").annotate(count=Count("id"))
    excess = []
    for search_id, count in counted:
        too_many = count - most_open if search_id in running else count
        excess += lines[search_id][: max(too_many, 0)]
    return excess
