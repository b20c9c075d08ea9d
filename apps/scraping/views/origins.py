"""A tab of a therapist's page: where the values on record come from."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from apps.accounts.permissions import viewing
from apps.scraping import origins
from apps.scraping.models import DirectoryRecord
from apps.scraping.selectors import review
from apps.scraping.views.changes import SHOWN, line
from apps.therapists.views import detail


@viewing
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = detail.therapist_or_404(pk, "hours")
    records = DirectoryRecord.objects.filter(therapist=therapist).select_related("source", "sighting")
    proposals = review.open_proposals().filter(therapist=therapist).select_related(*SHOWN).order_by("pk")
    return detail.page(
        request,
        therapist,
        "origins",
        template="scraping/origins.html",
        groups=origins.of(therapist),
        changes=[line(one) for one in proposals],
        records=records.order_by("source__name", "pk"),
    )
