"""The letter of registrations: please confirm your address. Names nobody: anybody may have typed it in."""

from datetime import date

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import LetterKind
from apps.communication.letters import LetterType, Privacy, Values, Variable, register, render
from apps.communication.services.queue import Letter


@register
class ConfirmLetter(LetterType):
    kind = LetterKind.REGISTRATION
    purpose = _("To whoever registered on a website: the link that confirms the e-mail address.")
    button = "E-Mail-Adresse bestätigen"
    variables = (
        Variable("url", _("The link"), f"{settings.SITE_URL}/confirm/beispiel/", is_required=True),
        Variable("valid_until", _("Last day of the link"), date(2026, 12, 7), privacy=Privacy.PUBLIC),
    )

    @classmethod
    def values(cls, *, url: str, valid_until: date) -> Values:
        return {"url": url, "valid_until": valid_until}


def confirm_letter(*, url: str, valid_until: date) -> Letter:
    return render(ConfirmLetter, ConfirmLetter.values(url=url, valid_until=valid_until))
