"""What a merge of two therapists means for calls."""

from collections.abc import Iterator

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.communication.enums import CallStatus
from apps.communication.models import PhoneCall
from apps.core.enums import MergeKind
from apps.core.merging.rules import move_all, objects_to, rule_for

rule_for("communication.PhoneCall.therapist", keeps=("call_no_overlap_per_therapist",))(move_all)


@objects_to(MergeKind.THERAPIST)
def overlapping_calls(kept: int, dropped: int) -> Iterator[str]:
    """Nobody rings the same person twice at the same time."""
    planned = PhoneCall.objects.filter(status=CallStatus.PLANNED)
    for call in planned.filter(therapist=dropped).order_by("starts_at"):
        others = planned.filter(therapist=kept, starts_at__lt=call.ends_at, ends_at__gt=call.starts_at)
        if others.exists():
            at = date_format(localtime(call.starts_at), "SHORT_DATETIME_FORMAT")
            yield _("Both records have a call planned at %(at)s. Please cancel one of them first.") % {
                "at": at
            }
