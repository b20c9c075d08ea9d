"""What a merge means for searches, inquiries and requests: one open search and inquiry, one interval."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.enums import MergeKind
from apps.core.errors import Refused
from apps.core.merging.rules import Work, finishes, fold, move_all, objects_to, rule_for
from apps.matching.enums import OPEN_INQUIRIES, OPEN_REQUESTS, OPEN_SEARCHES, InquiryStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch
from apps.therapists.models import Therapist

rule_for("matching.PlacementSearch.patient", keeps=("search_one_open_per_patient",))(move_all)
rule_for("matching.Inquiry.therapist", keeps=("inquiry_one_open_per_therapist",))(move_all)
rule_for("matching.PlacementRequest.therapist", keeps=("request_one_open_per_pair",))(move_all)
rule_for(
    "matching.TherapistExclusion.patient", "matching.TherapistExclusion.therapist", keeps=("exclusion_once",)
)(fold)


@objects_to(MergeKind.PATIENT)
def two_open_searches(kept: int, dropped: int) -> Iterator[str]:
    owners = PlacementSearch.objects.filter(status__in=OPEN_SEARCHES).values_list("patient_id", flat=True)
    if {kept, dropped} <= set(owners.filter(patient__in=[kept, dropped])):
        yield _("Both records have an open search. Please cancel one of the two searches first.")


@objects_to(MergeKind.THERAPIST)
def two_open_inquiries(kept: int, dropped: int) -> Iterator[str]:
    both = Inquiry.objects.filter(status__in=OPEN_INQUIRIES, therapist__in=[kept, dropped])
    rows = list(both.order_by("pk").values_list("therapist_id", "reference"))
    if {pk for pk, _reference in rows} == {kept, dropped}:
        text = _("Both records have an open inquiry (%(references)s). Please settle one of them first.")
        yield text % {"references": ", ".join(reference for _pk, reference in rows)}
        return
    twice = PlacementRequest.objects.filter(status__in=OPEN_REQUESTS, therapist=kept).values("search")
    if PlacementRequest.objects.filter(
        status__in=OPEN_REQUESTS, therapist=dropped, search__in=twice
    ).exists():
        yield _("Both records have been asked for the same patient. Please settle one of the requests first.")


@finishes(MergeKind.THERAPIST)
def protect_group(work: Work) -> None:
    """What was asked under the other group counts for the group of today: one open inquiry, one interval."""
    group = Therapist.objects.values_list("contact_group_id", flat=True).get(pk=work.kept)
    bring_into_group(work, group)


@finishes(MergeKind.PRACTICE)
def protect_groups(work: Work) -> None:
    members = Therapist.objects.filter(practices=work.kept)
    for group in sorted(set(members.values_list("contact_group_id", flat=True))):
        bring_into_group(work, group)


def bring_into_group(work: Work, group: int) -> None:
    """Inquiries of its members that are open or within their interval get the group they are in now.

    Where two intervals overlap, the earlier one ends where the later begins: together they last as long.
    """
    rows = Inquiry.objects.exclude(status=InquiryStatus.CANCELLED).order_by("pk")
    is_running = Q(status__in=OPEN_INQUIRIES) | Q(contact_window__endswith__gt=work.at)
    strangers = list(rows.filter(is_running, therapist__contact_group=group).exclude(contact_group=group))
    if not strangers:
        return
    members = [*rows.filter(contact_group=group), *strangers]
    open_ones = [row.reference for row in members if row.status in OPEN_INQUIRIES]
    if len(open_ones) > 1:
        text = _(
            "Behind the common mailbox or number there would be several open inquiries (%(references)s)."
        )
        advice = _("Please settle all but one first.")
        raise Refused(text % {"references": ", ".join(sorted(open_ones))} + " " + advice)
    _part_windows(work, members)
    for row in strangers:
        work.ledger.update(Inquiry, row.pk, {"contact_group_id": group})


def _part_windows(work: Work, members: list[Inquiry]) -> None:
    windows = {
        row.pk: [row.contact_window.lower, row.contact_window.upper] for row in members if row.contact_window
    }
    before = {pk: tuple(window) for pk, window in windows.items()}
    for earlier, later in pairwise(sorted(windows, key=lambda pk: (windows[pk][0], pk))):
        if windows[earlier][1] > windows[later][0]:
            windows[later][1] = max(windows[earlier][1], windows[later][1])
            windows[earlier][1] = windows[later][0]
    for pk in sorted(windows, key=lambda pk: (windows[pk][0], pk)):  # so, none overlaps on the way either
        if tuple(windows[pk]) != before[pk]:
            work.ledger.update(Inquiry, pk, {"contact_window": _range(*windows[pk])})


def _range(lower: datetime, upper: datetime) -> str:
    """As PostgreSQL reads it. Both ends the same: an empty range, which overlaps with nothing."""
    return "empty" if lower == upper else f'["{lower.isoformat()}","{upper.isoformat()}")'
