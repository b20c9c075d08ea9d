"""What of the mail waits for a person: messages that came in, messages that did not get out."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.communication.enums import INBOUND_OPEN, EmailStatus
from apps.communication.models import EmailMessage, InboundMessage, MailCircuit, UndeliverableAddress
from apps.communication.selectors import marked_addresses
from apps.patients.models import Patient
from apps.workspace.worklist import ROWS, Kind, Moment, Section, Task, section

TROUBLED = [EmailStatus.UNCLEAR, EmailStatus.FAILED, EmailStatus.REFUSED]


def incoming(moment: Moment) -> Section:
    """Answers to confirm and messages nobody could be recognised in."""
    names = ["therapist__title", "therapist__first_name", "therapist__last_name", "patient__case_code"]
    own = ["status", "kind", "received_at", "from_name", "from_email"]
    rows = InboundMessage.objects.filter(status__in=INBOUND_OPEN).select_related("therapist", "patient")
    kind = Kind(
        "incoming",
        _("Messages that came in"),
        _("Read"),
        "mail",
        "primary",
        reverse("communication:inbox"),
    )
    oldest = rows.only(*own, *names).order_by("received_at", "pk")[: ROWS + 1]
    return section(kind, (_message(row, moment) for row in oldest))


def mail_rest(moment: Moment) -> Section:
    """The mail server cannot be reached: nothing goes out until it is tried again."""
    kind = Kind(
        "mail_rest",
        _("The mail server rests"),
        _("Look"),
        "warning",
        "danger",
        reverse("communication:emails"),
    )
    rows = MailCircuit.objects.filter(open_until__gt=moment.at).order_by("open_until")
    return section(kind, (_rest(row) for row in rows))


def emails(moment: Moment) -> Section:
    shown = ["status", "refusal", "to_name", "to_email", "updated_at", "patient__case_code"]
    rows = EmailMessage.objects.filter(status__in=TROUBLED).select_related("patient").only(*shown)
    kind = Kind(
        "emails",
        _("E-mails that did not get through"),
        _("Settle"),
        "mail",
        "danger",
        reverse("communication:emails"),
    )
    return section(kind, (_email(row, moment) for row in rows.order_by("updated_at")[: ROWS + 1]))


def addresses(moment: Moment) -> Section:
    """Mail to them came back: somebody has to find the right address."""
    kind = Kind(
        "addresses",
        _("Addresses that do not work"),
        _("Correct"),
        "mail",
        "warning",
        reverse("communication:addresses"),
    )
    oldest = marked_addresses().order_by("since", "pk")[: ROWS + 1]
    return section(kind, (_address(row, moment) for row in oldest))


def _address(row: UndeliverableAddress, moment: Moment) -> Task:
    """A patient's address stays off this page: the case code leads to the record."""
    email = row.email
    person = email and (email.patient or email.therapist)
    name = (person.case_code if isinstance(person, Patient) else str(person)) if person else row.address
    url = person.get_absolute_url() if person else reverse("communication:addresses")
    return Task(name, url, moment.days_since(row.since))


def _message(row: InboundMessage, moment: Moment) -> Task:
    """A patient by case code, a therapist by name; a stranger by what the message says of itself."""
    known = row.patient.case_code if row.patient else row.therapist.full_name if row.therapist else ""
    text = f"{known or row.from_name or row.from_email}: {row.get_kind_display()}"
    return Task(text, reverse("matching:inbound", args=[row.pk]), moment.days_since(row.received_at))


def _rest(row: MailCircuit) -> Task:
    assert row.open_until is not None  # the query asks for it
    until = timezone.localtime(row.open_until).strftime("%H:%M")
    text = row.reply or _("It could not be reached.")
    return Task(text, reverse("communication:emails"), when=_("until %(day)s") % {"day": until})


def _email(row: EmailMessage, moment: Moment) -> Task:
    """What a rule refused says which one."""
    to = row.patient.case_code if row.patient else row.to_name or row.to_email
    state = row.get_refusal_display() if row.status == EmailStatus.REFUSED else row.get_status_display()
    return Task(
        f"{to}: {state}",
        reverse("communication:email", args=[row.pk]),
        moment.days_since(row.updated_at),
    )
