"""Why a call about an inquiry still stands: somebody in it waits for an answer and is looking now."""

from django.db.models import Exists, OuterRef, Q

from apps.communication.call_reasons import reason
from apps.communication.enums import CallPurpose
from apps.matching.enums import InquiryStatus, RequestStatus, SearchStatus
from apps.matching.models import PlacementRequest


@reason
def somebody_waits() -> Q:
    waiting = PlacementRequest.objects.filter(
        inquiry__contacts__call=OuterRef("pk"),
        inquiry__status__in=[InquiryStatus.RELEASED, InquiryStatus.SENT],
        status__in=[RequestStatus.RELEASED, RequestStatus.SENT],
        search__status=SearchStatus.ACTIVE,
    )
    is_about_nothing_else = Q(inquiry_contact__isnull=True) | Q(purpose=CallPurpose.THANKS)
    return is_about_nothing_else | Q(Exists(waiting))
