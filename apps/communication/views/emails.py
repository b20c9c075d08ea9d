"""The e-mail queue: the list, one message, and what a person decides about it."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.communication import selectors
from apps.communication.enums import OVERRIDABLE, EmailStatus
from apps.communication.filters import EmailFilter
from apps.communication.forms import ReasonForm
from apps.communication.models import EmailMessage, UndeliverableAddress
from apps.communication.services import addresses as addressing
from apps.communication.services import queue
from apps.communication.tables import EmailTable, MarkedAddressTable
from apps.core.audit import record_access, record_accesses
from apps.core.exports import list_response, records

ROWS_A_PAGE = 50
REQUEUEABLE = (EmailStatus.UNCLEAR, EmailStatus.FAILED, EmailStatus.REFUSED)
CANCELLABLE = (*REQUEUEABLE, EmailStatus.QUEUED)

reads_and_writes = require_http_methods(["GET", "HEAD", "POST"])


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen, table = _chosen(request)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {
        "filter": chosen,
        "table": table,
        "troubled_count": selectors.troubled_count(),
        "resting": selectors.resting_server(at=timezone.now()),
        "marked_count": selectors.marked_addresses().count(),
    }
    return render(request, "communication/emails.html", context)


@working
@require_GET
def export(request: HttpRequest, file_format: str) -> HttpResponse:
    """The list as a file, without the texts. Letters to patients name them."""
    chosen, table = _chosen(request)
    RequestConfig(request, paginate=False).configure(table)
    patients = set(chosen.qs.order_by().exclude(patient=None).values_list("patient_id", flat=True))
    purpose = "communication:emails_export"
    record_accesses(actor=request.user, patient_ids=sorted(patients), purpose=purpose, at=timezone.now())
    count = len(table.rows)
    return list_response(request, name="emails", file_format=file_format, lines=_lines(table), count=count)


@viewing
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    email = get_object_or_404(EmailMessage.objects.select_related("therapist", "patient"), pk=pk)
    if email.patient_id is not None:
        _note_access(request, email.patient_id)
    context = {
        "email": email,
        "text": selectors.readable_text(email),
        "entries": selectors.email_timeline(email),
        "is_requeueable": email.status in REQUEUEABLE,
        "is_cancellable": email.status in CANCELLABLE,
        "is_overridable": email.status == EmailStatus.REFUSED and email.refusal in OVERRIDABLE,
        "attachments": email.attachments.defer("content"),
        "mark": selectors.mark_of(email.to_email),
    }
    return render(request, "communication/email.html", context)


@working
@reads_and_writes
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """An unclear message did arrive."""
    email, form = get_object_or_404(EmailMessage, pk=pk), _form(request)
    if form.is_valid():
        queue.settle_as_sent(email=email, actor=request.user, at=timezone.now(), **form.cleaned_data)
        return _done(request, email, _("Settled: the message did arrive."))
    return _ask(
        request,
        email,
        form,
        title=_("It did arrive"),
        text=_("You know that the message reached the recipient."),
        button=_("Settle as sent"),
        consequences=[_("The message counts as sent; an inquiry in it counts as asked.")],
    )


@working
@reads_and_writes
def requeue(request: HttpRequest, pk: int) -> HttpResponse:
    email, form = get_object_or_404(EmailMessage, pk=pk), _form(request)
    if form.is_valid():
        queue.requeue(email=email, actor=request.user, at=timezone.now(), **form.cleaned_data)
        return _done(request, email, _("In the queue again."))
    consequences = [_("The message is sent with the next run of the queue, if no rule forbids it.")]
    if email.status == EmailStatus.UNCLEAR:
        consequences.append(_("If the first one did arrive after all, the recipient gets it twice."))
    return _ask(
        request,
        email,
        form,
        title=_("Send again"),
        text=_("To %(address)s.") % {"address": email.to_email},
        button=_("Send again"),
        consequences=consequences,
    )


@working
@reads_and_writes
def override(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a refused message although a rule stands against it: with a reason, for this message alone."""
    email, form = get_object_or_404(EmailMessage, pk=pk), _form(request)
    if form.is_valid():
        queue.requeue(
            email=email, actor=request.user, at=timezone.now(), sets_refusal_aside=True, **form.cleaned_data
        )
        return _done(request, email, _("In the queue again; the rule does not count for this message."))
    return _ask(
        request,
        email,
        form,
        title=_("Send although a rule forbids it"),
        text=email.get_refusal_display(),
        button=_("Send all the same"),
        tone="danger",
        consequences=[
            _("To %(address)s.") % {"address": email.to_email},
            _("The rule does not count for this message. Your name and reason stay in its history."),
            _("Consents, objections and releases count all the same."),
        ],
    )


@working
@reads_and_writes
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    email, form = get_object_or_404(EmailMessage, pk=pk), _form(request)
    if form.is_valid():
        queue.cancel(email=email, actor=request.user, at=timezone.now(), **form.cleaned_data)
        return _done(request, email, _("Cancelled."))
    return _ask(
        request,
        email,
        form,
        title=_("Cancel the e-mail"),
        text=_("To %(address)s.") % {"address": email.to_email},
        button=_("Cancel the e-mail"),
        tone="danger",
        consequences=[_("The message will not be sent.")],
    )


@viewing
@require_GET
def addresses(request: HttpRequest) -> HttpResponse:
    """To these addresses nothing is sent: mail to them came back."""
    table = MarkedAddressTable(selectors.marked_addresses())
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    return render(request, "communication/addresses.html", {"table": table})


@working
@reads_and_writes
def clear_address(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = get_object_or_404(UndeliverableAddress, pk=pk, cleared_at__isnull=True), _form(request)
    if form.is_valid():
        addressing.clear(row=row, actor=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Mail may go to %(address)s again.") % {"address": row.address})
        return redirect("communication:addresses")
    context = {
        "form": form,
        "title": _("The address works again"),
        "text": _("%(address)s: the mail server said “%(reply)s”.")
        % {"address": row.address, "reply": row.reply},
        "button": _("Allow mail to it"),
        "consequences": [
            _("If the address itself has changed, correct it in the record instead."),
            _("Refused messages stay where they are until you send them again."),
        ],
    }
    return render(request, "communication/address.html", context)


def _form(request: HttpRequest) -> ReasonForm:
    return ReasonForm(request.POST if request.method == "POST" else None)


def _note_access(request: HttpRequest, patient_id: int) -> None:
    record_access(actor=request.user, patient_id=patient_id, purpose="communication:email", at=timezone.now())


def _done(request: HttpRequest, email: EmailMessage, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect("communication:email", email.pk)


def _ask(request: HttpRequest, email: EmailMessage, form: ReasonForm, **context: Any) -> HttpResponse:
    return render(request, "communication/act.html", {"email": email, "form": form, **context})


def _chosen(request: HttpRequest) -> tuple[EmailFilter, EmailTable]:
    chosen = EmailFilter(request.GET, queryset=selectors.email_list(), request=request)
    return chosen, EmailTable(chosen.qs)


def _lines(table: EmailTable) -> Iterator[list[Any]]:
    yield [
        *(_("Subject"), _("Recipient"), _("Address"), _("Letter"), _("Status")),
        *(_("Queued"), _("Sent")),
    ]
    for email in records(table):
        yield [
            *(email.subject, email.to_name, email.to_email, email.get_kind_display()),
            *(email.get_status_display(), email.created_at, email.sent_at),
        ]
