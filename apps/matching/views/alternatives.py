"""Other waiting patients, offered by letter to a therapist who was ready to take somebody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import working
from apps.matching.selectors.alternatives import alternatives_key
from apps.matching.selectors.lists import inquiry_page
from apps.matching.services import alternatives
from apps.matching.views.letter_page import letter_page
from apps.matching.views.shared import reads_and_writes


@working
@reads_and_writes
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    inquiry = get_object_or_404(inquiry_page(), pk=pk)
    at = timezone.now()
    return letter_page(
        request,
        title=_("Offer alternatives"),
        subtitle=f"{inquiry.reference} · {inquiry.therapist.full_name}",
        address=alternatives.address(inquiry.therapist, at) or "",
        keys=[alternatives_key(inquiry)],
        write=lambda: alternatives.alternatives(inquiry=inquiry, at=at),
        send=lambda **who: alternatives.send_alternatives(inquiry=inquiry, **who),
        back=inquiry.get_absolute_url(),
        consequences=[
            _("The letter tells how many patients fit, nothing about any of them."),
            _("Nobody is asked by it: an inquiry for them is planned and released as always."),
        ],
    )
