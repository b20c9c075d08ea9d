"""What lies on the coordinator's desk this morning: post, phones that are answered now, notes, documents.

Every act goes through the services; what a rule forbids (no address, no consent) is left out.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.communication.enums import INBOUND_OPEN, CallStatus, EmailStatus, InboundSource, LetterKind
from apps.communication.models import EmailMessage, InboundMessage, PhoneCall
from apps.communication.selectors import calls
from apps.communication.services import inbound, notes
from apps.core.errors import DomainError
from apps.core.weekly import MINUTES_A_DAY, Interval
from apps.matching.enums import RUNNING_SEARCHES, RequestStatus
from apps.matching.evidence.content import document
from apps.matching.models import IdentityLink, Inquiry, PlacementRequest, PlacementSearch, RefusalEvidence
from apps.matching.services import alternatives, evidence, identity, patient_news, trial
from apps.matching.services.evidence import Stated
from apps.patients.models import Patient
from apps.therapists.enums import HoursKind
from apps.therapists.models import Therapist
from apps.therapists.services import offer
from apps.workspace.demo import others_mail

PHONES_ANSWERED = 3
SINCE, FOR = 30, 180  # minutes before and after now in which these phones are answered
ABSENCE = timedelta(days=12)
LINK = re.compile(r"/identity/([\w-]+)/")
R = RequestStatus
Say = Callable[[str], None]


@dataclass(frozen=True)
class Desk:
    """`deliver` lets the mail server take what waits and the news arrive."""

    coordinator: User
    now: datetime
    deliver: Callable[[], object]
    say: Say

    def fill(self) -> None:
        self.take_in_the_post()
        self.answer_phones()
        self.write_notes()
        self.prove_refusals()
        self.hand_identities_over()
        self.offer_others()
        self.deliver()

    def take_in_the_post(self) -> None:
        """One of the mails arrives by two ways and is written down once."""
        raws = list(self._post())
        arrived = [self._take_in(raw) for raw in [*raws, *raws[:1]]]
        new = [message for message, is_new in arrived if is_new]
        self.deliver()
        waiting = sum(message.status in INBOUND_OPEN for message in new)
        self.say(
            f"   Post: {len(arrived)} E-Mails eingegangen, {len(arrived) - len(new)} davon doppelt, "
            f"{waiting} warten auf eine Entscheidung"
        )

    def _take_in(self, raw: bytes) -> tuple[InboundMessage, bool]:
        return inbound.ingest(raw=raw, source=InboundSource.IMAP, received_at=self.now)

    def _post(self) -> Iterator[bytes]:
        """What comes back on four letters that wait for an answer, and a stranger's mail."""
        at, until = self.now, timezone.localdate(self.now) + ABSENCE
        reactions: list[Callable[[EmailMessage], bytes]] = [
            lambda letter: others_mail.refusal(letter, at=at),
            lambda letter: others_mail.offer(letter, case_code=_first_case_of(letter), at=at),
            lambda letter: others_mail.absence(letter, until=until, at=at),
            lambda letter: others_mail.report(letter, at=at),
        ]
        for react, letter in zip(reactions, _unanswered_letters(), strict=False):
            yield react(letter)
        yield others_mail.stranger(at=at)

    def answer_phones(self) -> None:
        """Some practices with a planned call answer the phone at this hour."""
        planned = PhoneCall.objects.filter(status=CallStatus.PLANNED).order_by("starts_at", "id")
        for call in planned.select_related("therapist")[:PHONES_ANSWERED]:
            self._open_phone(call.therapist)
        count = calls.reachable(at=self.now).count()
        self.say(f"   Telefon: {planned.count()} Anrufe geplant, {count} jetzt möglich")

    def _open_phone(self, therapist: Therapist) -> None:
        kept = [row.interval for row in therapist.hours.filter(kind=HoursKind.PHONE)]
        local = timezone.localtime(self.now)
        minute = local.hour * 60 + local.minute
        now = Interval(local.weekday(), max(minute - SINCE, 0), min(minute + FOR, MINUTES_A_DAY))
        offer.set_hours(therapist=therapist, kind=HoursKind.PHONE, intervals=[*kept, now], at=self.now)

    def write_notes(self) -> None:
        asked = PlacementRequest.objects.filter(status=R.SENT).select_related("therapist", "search__patient")
        for request in asked.order_by("id")[:2]:
            self._note("Möchte künftig nur noch per E-Mail gefragt werden.", therapist=request.therapist)
            self._note("Ab Februar auch vormittags möglich, hat angerufen.", patient=request.search.patient)

    def _note(self, text: str, *, therapist: Therapist | None = None, patient: Patient | None = None) -> None:
        notes.add(text=text, therapist=therapist, patient=patient, actor=self.coordinator, at=self.now)

    def prove_refusals(self) -> None:
        """One evidence is signed off and the patient told, the next one is a draft to be checked."""
        searches = list(_often_refused()[:2])
        for search in searches:
            self._prove(search, is_signed=search == searches[0])
        signed = RefusalEvidence.objects.filter(status="signed").count()
        self.say(f"   Ablehnungsnachweise: {signed} unterzeichnet, {len(searches) - signed} im Entwurf")

    def _prove(self, search: PlacementSearch, *, is_signed: bool) -> None:
        today = timezone.localdate(self.now)
        stated = Stated(
            period_from=search.started_on,
            period_to=today,
            tss_contacted_on=search.started_on,
            tss_result="Kein Termin innerhalb von vier Wochen vermittelt.",
        )
        draft = evidence.create(patient=search.patient, stated=stated, actor=self.coordinator, at=self.now)
        if is_signed:
            seen = document(evidence=draft, at=self.now).fingerprint
            signed = evidence.sign(evidence=draft, seen=seen, actor=self.coordinator, at=self.now)
            with suppress(DomainError):
                patient_news.send_evidence_ready(evidence=signed, actor=self.coordinator, at=self.now)

    def hand_identities_over(self) -> None:
        """Therapists who said yes get the one-time link; the first one has opened it."""
        won = PlacementRequest.objects.filter(status=R.ACCEPTED).order_by("id")
        for request in won:
            with suppress(DomainError):
                self._hand_over(request)
        links = IdentityLink.objects.order_by("id")
        self.deliver()
        if first := links.first():
            identity.open_link(token=_token(first), at=self.now)
        opened = links.filter(opened_at__isnull=False).count()
        self.say(f"   Identität: {links.count()} × als Einmal-Link übergeben, {opened} geöffnet")

    def _hand_over(self, request: PlacementRequest) -> None:
        today = timezone.localdate(self.now)
        trial.release_identity(request=request, actor=self.coordinator, at=self.now, today=today)
        identity.hand_over(request=request, actor=self.coordinator, at=self.now)
        patient_news.send_place_call(request=request, actor=self.coordinator, at=self.now)

    def offer_others(self) -> None:
        """To those who were thanked for a second yes: other patients wait."""
        thanked = Inquiry.objects.filter(
            requests__status=R.WITHDRAWN, requests__conflict_resolved_at__isnull=False
        )
        for inquiry in thanked.distinct().order_by("id"):
            with suppress(DomainError):
                alternatives.send_alternatives(inquiry=inquiry, actor=self.coordinator, at=self.now)


def _unanswered_letters() -> QuerySet[EmailMessage]:
    """The newest inquiries by e-mail that nobody has answered."""
    waiting = Q(inquiry_contact__inquiry__requests__status=R.SENT)
    answered = Q(inquiry_contact__inquiry__requests__answered_at__isnull=False)
    letters = EmailMessage.objects.filter(waiting, kind=LetterKind.INQUIRY, status=EmailStatus.SENT)
    return letters.exclude(answered).distinct().order_by("-id")


def _first_case_of(letter: EmailMessage) -> str:
    """Case code of the first patient the letter asks for."""
    request = letter.inquiry_contact.inquiry.requests.filter(status=R.SENT).earliest("id")
    return request.search.patient.case_code


def _often_refused() -> QuerySet[PlacementSearch]:
    """Searches of statutory patients that run on, most refusals first."""
    running = PlacementSearch.objects.filter(
        status__in=RUNNING_SEARCHES, patient__insurance_kind="gkv"
    ).select_related("patient")
    refused = running.annotate(refusals=Count("requests", filter=Q(requests__status=R.REJECTED)))
    return refused.filter(refusals__gt=0).order_by("-refusals", "id")


def _token(link: IdentityLink) -> str:
    """It stands in the letter alone."""
    assert link.email is not None
    found = LINK.search(link.email.text)
    assert found is not None
    return found[1]
