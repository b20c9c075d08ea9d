"""Making the reply link of an inquiry worthless: it went astray, or the wrong person answers with it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import working
from apps.matching.forms import ReasonForm
from apps.matching.models import Inquiry
from apps.matching.services import replies
from apps.matching.views.shared import ask, done, posted, reads_and_writes


@working
@reads_and_writes
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    inquiry = get_object_or_404(Inquiry.objects.select_related("therapist"), pk=pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        replies.revoke_reply_link(
            inquiry=inquiry, actor=request.user, at=timezone.now(), reason=form.cleaned_data["reason"]
        )
        return done(request, _("The reply link is revoked."), inquiry)
    return ask(
        request,
        title=_("Revoke the reply link"),
        subtitle=inquiry.reference,
        text=_("%(name)s can no longer answer with the link.") % {"name": inquiry.therapist.full_name},
        button=_("Revoke the link"),
        tone="danger",
        icon="lock",
        consequences=[
            _("Every link sent so far for this inquiry leads to a page that asks to write or call."),
            _("Answers that were given stay. Letters written from now on carry a new link."),
        ],
        form=form,
        cancel_url=inquiry.get_absolute_url(),
    )
