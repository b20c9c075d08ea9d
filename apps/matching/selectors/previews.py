"""What an act would do, counted before it is done."""

from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.communication.enums import LetterKind
from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.matching.enums import UNSENT_REQUESTS, Channel, RequestStatus
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest, PlacementSearch
from apps.therapists.models import Therapist
from apps.therapists.selectors import may_be_emailed, with_offer


@dataclass(frozen=True)
class Withdrawal:
    """Withdrawing the open requests of a search: unsent ones, asked ones, and who gets a letter."""

    unsent: int
    asked: int
    told: tuple[str, ...]
    called: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        return [*self._unsent(), *self._asked(), *self._told()]

    def _unsent(self) -> list[str]:
        text = ngettext(
            "%(count)s request that has not been sent is taken out of its inquiry.",
            "%(count)s requests that have not been sent are taken out of their inquiries.",
            self.unsent,
        )
        return [text % {"count": self.unsent}] if self.unsent else []

    def _asked(self) -> list[str]:
        text = ngettext(
            "%(count)s request a therapist has been asked is withdrawn.",
            "%(count)s requests therapists have been asked are withdrawn.",
            self.asked,
        )
        return [text % {"count": self.asked}] if self.asked else []

    def _told(self) -> list[str]:
        texts = (
            (_("E-mail with thanks to: %(names)s."), self.told),
            (_("A short call with thanks is planned to: %(names)s."), self.called),
        )
        return [text % {"names": ", ".join(names)} for text, names in texts if names]


def withdrawal(*, search: PlacementSearch, except_for: PlacementRequest | None = None) -> Withdrawal:
    """The open and waiting-list requests of a search, but one, if they were withdrawn now."""
    therapists = Prefetch("therapist", queryset=with_offer(Therapist.objects.all()))
    others = search.requests.prefetch_related(therapists)
    if except_for is not None:
        others = others.exclude(pk=except_for.pk)
    asked = list(others.filter(status__in=[RequestStatus.SENT, RequestStatus.WAITLISTED]).order_by("pk"))
    written = set(
        InquiryContact.objects.filter(
            inquiry__in={request.inquiry_id for request in asked}, email__kind=LetterKind.INQUIRY
        ).values_list("inquiry_id", flat=True)
    )
    policy = operating.current(at=timezone.now()).email_policy if asked else ""
    told: dict[str, None] = {}
    called: dict[str, None] = {}
    for request in asked:
        by_letter = request.inquiry_id in written or may_be_emailed(
            therapist=request.therapist, policy=policy
        )
        (told if by_letter else called)[request.therapist.full_name] = None
    unsent = others.filter(status__in=UNSENT_REQUESTS).count()
    return Withdrawal(unsent=unsent, asked=len(asked), told=tuple(told), called=tuple(called))


@dataclass(frozen=True)
class Release:
    """How many e-mails and calls releasing these inquiries would cause."""

    emails: int
    calls: int
    requests: int

    @property
    def sentences(self) -> list[str]:
        email = ngettext("%(count)s e-mail is sent.", "%(count)s e-mails are sent.", self.emails)
        call = ngettext("%(count)s call is planned.", "%(count)s calls are planned.", self.calls)
        request = ngettext(
            "%(count)s request is asked; it is checked once more before.",
            "%(count)s requests are asked; each is checked once more before.",
            self.requests,
        )
        counted = ((email, self.emails), (call, self.calls), (request, self.requests))
        return [text % {"count": count} for text, count in counted if count]


def release(*, inquiries: list[Inquiry], parameters: Parameters) -> Release:
    """`inquiries` as `lists.inquiries_of_round` or `lists.inquiry_page` loads them."""
    by_email = [row for row in inquiries if row.channel == Channel.EMAIL and _address(row, parameters)]
    planned = [request for row in inquiries for request in row.requests.all() if request.status == "planned"]
    return Release(emails=len(by_email), calls=len(inquiries) - len(by_email), requests=len(planned))


def _address(inquiry: Inquiry, parameters: Parameters) -> str | None:
    return may_be_emailed(therapist=inquiry.therapist, policy=parameters.email_policy)
