"""The queue of e-mails, the mail server, the mailboxes."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage, MailboxState, MailCircuit
from apps.communication.services.sending import HOUR, STUCK_AFTER
from apps.core import parameters
from apps.core.doctor import Finding, error, good, looks_at, warning
from apps.core.doctor.queues import waits

FEW_FAILURES = 4  # rests of 1, 2, 4 and 8 minutes: a restart of the mail server is over by then
SILENT_AFTER = timedelta(minutes=15)  # the mailbox of answers is read every two minutes


@waits("emails", gettext_lazy("E-mails"), late_after=timedelta(minutes=30), decides_readiness=True)
def queued_since(at: datetime) -> datetime | None:
    """The next to leave. None while the hour is full: then waiting is what was ordered."""
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at)
    queued = EmailMessage.objects.filter(due, status=EmailStatus.QUEUED).order_by("id")
    email = queued.only("next_attempt_at", "updated_at").first()
    if email is None or _is_hour_full(at):
        return None
    return email.next_attempt_at or email.updated_at


def _is_hour_full(at: datetime) -> bool:
    sent = EmailMessage.objects.filter(sent_at__gt=at - HOUR).count()
    return sent >= parameters.current(at=at).emails_per_hour


@waits("emails_in_hand", gettext_lazy("E-mails in a worker's hands"), late_after=STUCK_AFTER * 3)
def in_hand_since(at: datetime) -> datetime | None:
    """A sweep frees those of dead workers after STUCK_AFTER."""
    in_hand = EmailMessage.objects.filter(status__in=[EmailStatus.SENDING, EmailStatus.HANDING_OVER])
    return in_hand.order_by("claimed_at").values_list("claimed_at", flat=True).first()


@looks_at("unclear_emails", gettext_lazy("E-mails with unclear delivery"))
def look_at_unclear(at: datetime) -> Iterable[Finding]:
    unclear = EmailMessage.objects.filter(status=EmailStatus.UNCLEAR)
    count = unclear.count()
    if not count:
        return [good(_("There are none."))]
    text = ngettext(
        "%(count)s message: nobody knows whether it arrived, longest for %(duration)s.",
        "%(count)s messages: nobody knows whether they arrived, longest for %(duration)s.",
        count,
    )
    since = unclear.order_by("updated_at").values_list("updated_at", flat=True)[0]
    remedy = _("Look their Message-IDs up in the mail server's log and settle each on its page (Mail).")
    return [warning(text % {"count": count, "duration": timesince(since, at)}, remedy)]


@looks_at("mail_server", gettext_lazy("Mail server"))
def look_at_mail_server(at: datetime) -> Iterable[Finding]:
    resting = MailCircuit.objects.filter(open_until__gt=at).order_by("transport")
    return [_about_circuit(circuit) for circuit in resting] or [good(_("It is not being left in peace."))]


def _about_circuit(circuit: MailCircuit) -> Finding:
    until = timezone.localtime(circuit.open_until).strftime("%d.%m.%Y %H:%M")
    text = _("%(name)s failed %(count)s times in a row and rests until %(until)s: %(reply)s")
    values = {"name": circuit.transport, "count": circuit.failures, "until": until, "reply": circuit.reply}
    level = warning if circuit.failures <= FEW_FAILURES else error
    return level(
        text % values, _("Mend the mail server or EMAIL_URL; nothing is lost, all that waits goes out then.")
    )


@looks_at("mailboxes", gettext_lazy("Mailboxes"))
def look_at_mailboxes(at: datetime) -> Iterable[Finding]:
    """The archive is read only when something is unclear: its silence means nothing."""
    states = list(MailboxState.objects.order_by("name"))
    found = [_about_error(state) for state in states if state.error]
    if settings.INBOUND_IMAP_URL and not _is_read(states, at):
        text = _("The mailbox of answers has not been read for a while.")
        remedy = _("See that worker and beat are running; manage.py poll_mailbox reads it now.")
        found.append(error(text, remedy))
    return found or [good(_("No trouble."))]


def _about_error(state: MailboxState) -> Finding:
    text = _("%(name)s cannot be read: %(error)s") % {"name": state.name, "error": state.error}
    return error(text, _("Check name, password and server in INBOUND_IMAP_URL or ARCHIVE_IMAP_URL."))


def _is_read(states: list[MailboxState], at: datetime) -> bool:
    return any(state.checked_at and state.checked_at > at - SILENT_AFTER for state in states)
