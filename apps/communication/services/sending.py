"""The worker of the e-mail queue: claim, last look, send, tell what happened.

No transaction is open while the network is talked to. `handing_over` is committed just before the final
dot; whatever dies after that becomes `unclear` and is never sent again by itself: the archive mailbox, the
provider or a person settles it (`services.reconciliation`). Several connections work side by side
(`clients.post`); what stands at the final dot at the same moment is marked in one transaction.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet

from apps.communication import gates
from apps.communication.clients.delivery import Client, DeliveryError
from apps.communication.clients.post import AtTheDot, CalledOff, NotTaken, Parcel, Post, Taken, post_office
from apps.communication.clients.provider import ProviderClient
from apps.communication.clients.smtp import SmtpClient
from apps.communication.enums import EmailStatus, Refusal
from apps.communication.models import EmailMessage
from apps.communication.services import addresses, circuit
from apps.communication.wire import sender_address, written
from apps.core import parameters as operating
from apps.core.errors import StaleState
from apps.core.locks import hold
from apps.core.transitions import lock, move, move_many
from apps.patients.services import status as patient_status
from apps.therapists.models import Workplace
from apps.therapists.services import contact

log = structlog.get_logger(__name__)

# A mail server's "not now" may last (greylisting, an hour's limit, a Sunday): 1, 2, 4 … 60 minutes, a day.
MAX_ATTEMPTS = 26
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# A message with which workers die, or that cannot be written, gets no more than these.
MAX_DEATHS = 5
STUCK_AFTER = timedelta(minutes=5)
# Messages are marked with the beginning of the run: well below STUCK_AFTER none of them looks stuck.
LONGEST_RUN = timedelta(minutes=2)
IN_HAND_PER_CONNECTION = 8
HOUR = timedelta(hours=1)
# of the therapist, by the gates of every kind of letter
LOOKED_AT = [
    f"therapist__{name}"
    for name in ("status", "review_status", "do_not_contact_since", "email_permission_since", "contact_group")
]
ON_THE_WAY = [EmailStatus.SENDING, EmailStatus.HANDING_OVER, EmailStatus.UNCLEAR]


def send_queue(*, at: datetime, limit: int = 1000) -> int:
    """Send what is due and return how many messages the server took.

    Ends when nothing is due, `limit` messages were taken in hand, the hour's most e-mails are out, the
    server cannot be reached, or after LONGEST_RUN; the next run goes on.
    """
    transport, connect = _transport()
    if circuit.is_resting(transport=transport, at=at):
        return 0
    first = claim(at=at, limit=min(limit, _in_hand()))
    if not first:
        return 0
    with post_office(connect, min(settings.EMAIL_CONNECTIONS, len(first))) as post:
        run = _Run(post=post, at=at, left=limit - len(first))
        run.go(first)
    run.tell_circuit(transport)
    return run.taken


@transaction.atomic
def claim(*, at: datetime, limit: int = 1, with_suspects: bool = True) -> list[EmailMessage]:
    """Take the oldest due messages, as many as the hour still allows. Rows in other hands are skipped.

    A message with which a worker died before is taken alone, when no other waits: if it kills the next one
    as well, no other message suffers by it.
    """
    hold("email:claim")  # the hour's count must not be taken twice
    room = min(limit, _room(at))
    if room <= 0:
        return []
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at)
    queued = _with_people(EmailMessage.objects.filter(due, status=EmailStatus.QUEUED)).order_by("id")
    free = queued.select_for_update(skip_locked=True, of=("self",))
    emails = list(free.filter(deaths=0)[:room])
    if not emails and with_suspects:
        emails = list(free.filter(deaths__gt=0)[:1])
    fields = {"claimed_at": at, "refusal": ""}
    return move_many(emails, to=EmailStatus.SENDING, actor=None, at=at, fields=fields)


def free_stuck(*, at: datetime) -> int:
    """Rows of workers that died: unsent ones go back into the queue, doubtful ones become unclear.

    A message in whose hands workers die again and again is parked as failed; the others go on.
    """
    stuck = EmailMessage.objects.filter(
        status__in=[EmailStatus.SENDING, EmailStatus.HANDING_OVER], claimed_at__lt=at - STUCK_AFTER
    )
    count = 0
    for email in stuck.order_by("id"):
        try:
            _free(email, at)
        except StaleState:
            continue  # another sweep, or the worker after all, was faster
        count += 1
    return count


@dataclass
class _Run:
    """One run of the queue over one post office."""

    post: Post
    at: datetime
    left: int
    taken: int = 0
    unreachable: str = ""
    ends_at: float = field(default_factory=lambda: time.monotonic() + LONGEST_RUN.total_seconds())

    def go(self, first: Sequence[EmailMessage]) -> None:
        self._hand_in(first)
        while self.post.out:
            news = self.post.news()
            self._go_on(
                at_the_dot=[item.parcel for item in news if isinstance(item, AtTheDot)],
                taken=[item for item in news if isinstance(item, Taken)],
            )
            for item in news:
                if isinstance(item, NotTaken):
                    self._record_not_taken(item.parcel.tag, item.error)
            self._refill()

    def tell_circuit(self, transport: str) -> None:
        """One connection too many is not an outage: only a run in which nothing got through is."""
        if self.taken:
            circuit.note_success(transport=transport)
        elif self.unreachable:
            circuit.note_failure(transport=transport, reply=self.unreachable, at=self.at)

    def _hand_in(self, emails: Sequence[EmailMessage]) -> None:
        for email in _that_may_go(emails, self.at):
            parcel = Parcel(
                tag=email,
                write=_writer(email, self.at),
                sender=sender_address(),
                recipient=email.to_email,
            )
            self.post.hand(parcel)

    def _refill(self) -> None:
        """Half of what may be in hand at once: each claim is a transaction of its own."""
        free = min(_in_hand() - self.post.out, self.left)
        is_over = self.unreachable or time.monotonic() >= self.ends_at
        if is_over or free <= 0 or free < min(_in_hand() / 2, self.left):
            return
        emails = claim(at=self.at, limit=free, with_suspects=not self.post.out)
        self.left -= len(emails)
        self._hand_in(emails)

    def _go_on(self, *, at_the_dot: Sequence[Parcel], taken: Sequence[Taken]) -> None:
        """One commit for what was taken and what stands at the final dot; only then do the dots follow.

        What somebody else has taken out of our hands meanwhile is called off.
        """
        emails = [parcel.tag for parcel in at_the_dot]
        with transaction.atomic():
            self.taken += _record_sent(taken, self.at)
            marked = move_many(
                emails, to=EmailStatus.HANDING_OVER, actor=None, at=self.at, still=_still_ours(self.at)
            )
        ids = {email.pk for email in marked}
        for parcel in at_the_dot:
            parcel.decide(may_end=parcel.tag.pk in ids)

    def _record_not_taken(self, email: EmailMessage, error: Exception) -> None:
        if isinstance(error, DeliveryError) and error.is_connection:
            self.unreachable = error.reply
        try:
            record_failure(email=email, error=error, at=self.at)
        except StaleState:
            log.warning("email_in_other_hands", email_id=email.pk)


def _transport() -> tuple[str, Callable[[], Client]]:
    if settings.EMAIL_PROVIDER:
        return "provider", ProviderClient
    return "smtp", SmtpClient


def _in_hand() -> int:
    return int(settings.EMAIL_CONNECTIONS) * IN_HAND_PER_CONNECTION


def _room(at: datetime) -> int:
    """How many more may go out now: the operating parameter less what went out in the hour before."""
    out = EmailMessage.objects.filter(sent_at__gt=at - HOUR).count()
    on_the_way = EmailMessage.objects.filter(status__in=ON_THE_WAY, claimed_at__gt=at - HOUR).count()
    return int(operating.current(at=at).emails_per_hour) - out - on_the_way


def _with_people(emails: QuerySet[EmailMessage]) -> QuerySet[EmailMessage]:
    """With everything that gates and `wire.written` look at, and no more: these are wide rows."""
    workplaces = Workplace.objects.select_related("practice").order_by("-is_main", "pk")
    shown = workplaces.only("therapist", "is_main", "practice__email")
    return (
        emails.select_related("therapist")
        .only(*(field.name for field in EmailMessage._meta.concrete_fields), *LOOKED_AT)
        .prefetch_related("attachments", Prefetch("therapist__workplaces", queryset=shown))
    )


def _that_may_go(emails: Sequence[EmailMessage], at: datetime) -> list[EmailMessage]:
    """Without those that a gate refuses, and without those at which a gate itself failed."""
    refused = _refusals(emails, at)
    for email in emails:
        if reason := refused.get(email.pk):
            _refuse(email, reason, at)
    return [email for email in emails if email.status == EmailStatus.SENDING and email.pk not in refused]


def _refuse(email: EmailMessage, reason: Refusal, at: datetime) -> None:
    fields = {"refusal": reason}
    try:
        move(email, to=EmailStatus.REFUSED, actor=None, at=at, reason=str(reason.label), fields=fields)
    except StaleState:
        log.warning("email_in_other_hands", email_id=email.pk)


def _refusals(emails: Sequence[EmailMessage], at: datetime) -> dict[int, Refusal]:
    try:
        return gates.refusals(emails, at)
    except Exception as error:  # one broken message must not stop the queue: ask for each alone
        if len(emails) == 1:
            with suppress(StaleState):
                record_failure(email=emails[0], error=error, at=at)
            return {}
        return {pk: reason for email in emails for pk, reason in _refusals([email], at).items()}


def _writer(email: EmailMessage, at: datetime) -> Callable[[], bytes]:
    return lambda: written(email, at=at)


def _record_sent(items: Sequence[Taken], at: datetime) -> int:
    emails = [item.parcel.tag for item in items]
    each = {
        item.parcel.tag.pk: {
            "server_reply": item.receipt.reply[:300],
            "provider_id": item.receipt.provider_id[:200],
        }
        for item in items
    }
    sent = move_many(
        emails,
        to=EmailStatus.SENT,
        actor=None,
        at=at,
        fields={"sent_at": at},
        each=each,
        still=_still_ours(at),
    )
    if therapists := _ids(email.therapist_id for email in sent):
        contact.note_emails(therapist_ids=therapists, at=at)
    if patients := _ids(email.patient_id for email in sent):
        patient_status.note_contacts(patient_ids=patients, at=at)
    return len(sent)


def _still_ours(at: datetime) -> dict[str, datetime]:
    """A claim is known by its moment. A worker so slow that its messages were freed and claimed by another
    must not speak for them any more: neither mark, nor send back what the other is just delivering."""
    return {"claimed_at": at}


def _ids(ids: Iterable[int | None]) -> set[int]:
    return {pk for pk in ids if pk is not None}


def record_failure(*, email: EmailMessage, error: Exception, at: datetime) -> None:
    """What becomes of a message that was not (certainly) taken. Raises StaleState if it is not ours."""
    if isinstance(error, CalledOff):
        log.warning("email_in_other_hands", email_id=email.pk)
        return
    with transaction.atomic():
        if lock(email).claimed_at != email.claimed_at:
            raise StaleState()
        _judge(email, error, at)


def _judge(email: EmailMessage, error: Exception, at: datetime) -> None:
    if not isinstance(error, DeliveryError):
        log.error("email_broken", email_id=email.pk, error=type(error).__name__)
        _try_again(email, type(error).__name__, most=MAX_DEATHS, at=at)
    elif error.is_connection:
        _back(email, error.reply, at)
    elif error.is_unclear:
        _end(email, EmailStatus.UNCLEAR, error.reply, at)
    elif error.permanent:
        _fail(email, error.reply, at)
    else:
        _try_again(email, error.reply, most=MAX_ATTEMPTS, at=at)


def _back(email: EmailMessage, reply: str, at: datetime) -> None:
    """The server could not be reached: no attempt of this message."""
    fields = {"server_reply": reply, "next_attempt_at": at + FIRST_PAUSE}
    move(email, to=EmailStatus.QUEUED, actor=None, at=at, reason=reply, fields=fields)


def _end(email: EmailMessage, to: EmailStatus, reply: str, at: datetime) -> None:
    log.warning("email_not_sent", email_id=email.pk, to=to)
    fields = {"attempts": email.attempts + 1, "server_reply": reply}
    move(email, to=to, actor=None, at=at, reason=reply, fields=fields)


@transaction.atomic
def _fail(email: EmailMessage, reply: str, at: datetime) -> None:
    _end(email, EmailStatus.FAILED, reply, at)
    if addresses.says_nobody_there(reply):
        addresses.mark_undeliverable(address=email.to_email, reply=reply, at=at, email=email)


def _try_again(email: EmailMessage, reply: str, *, most: int, at: datetime) -> None:
    if email.attempts + 1 >= most:
        _end(email, EmailStatus.FAILED, reply, at)
        return
    fields = {
        "attempts": email.attempts + 1,
        "server_reply": reply,
        "next_attempt_at": _next_attempt(email.attempts + 1, at),
    }
    move(email, to=EmailStatus.QUEUED, actor=None, at=at, reason=reply, fields=fields)


def _next_attempt(attempts: int, at: datetime) -> datetime:
    """1, 2, 4, 8 … 60 minutes."""
    return at + min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)


def _free(email: EmailMessage, at: datetime) -> None:
    if email.status == EmailStatus.HANDING_OVER:
        move(email, to=EmailStatus.UNCLEAR, actor=None, at=at, reason="worker stopped")
        return
    deaths = email.deaths + 1
    to = EmailStatus.FAILED if deaths >= MAX_DEATHS else EmailStatus.QUEUED
    move(email, to=to, actor=None, at=at, reason="worker stopped", fields={"deaths": deaths})
