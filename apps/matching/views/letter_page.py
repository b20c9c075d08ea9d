"""The page of a letter that a person sends: read first, then put into the queue."""

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.communication.models import EmailMessage
from apps.communication.services.queue import Letter
from apps.core.errors import Refused
from apps.matching.selectors.patient_news import written
from apps.matching.views.shared import done


def letter_page(
    request: HttpRequest,
    *,
    title: str,
    subtitle: str,
    address: str,
    keys: list[str],
    write: Callable[[], Letter],
    send: Callable[..., EmailMessage],
    back: str,
    consequences: Iterable[str] = (),
) -> HttpResponse:
    """What `write` raises as Refused is shown instead of the text; a letter under one of `keys` is there."""
    if request.method == "POST":
        send(actor=request.user, at=timezone.now())
        return done(request, _("The letter is in the queue."), back)
    context: dict[str, Any] = {
        "title": title,
        "subtitle": subtitle,
        "address": address,
        "back": back,
        "present": written(keys=keys),
        "consequences": consequences,
    }
    try:
        letter = write()
        context |= {"subject": letter.subject, "text": letter.text}
    except Refused as error:
        context["refusal"] = error.message
    return render(request, "matching/letter_to_send.html", context)
