"""Refusal evidence: the documents of a patient, a new one, correct, sign off, declare void, download."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.permissions import viewing, working
from apps.core.csv_export import csv_response
from apps.core.errors import StaleState
from apps.core.templatetags.ui import tone
from apps.matching.enums import EvidenceStatus
from apps.matching.evidence import attachments, pdf, sheet
from apps.matching.evidence.content import Document, document
from apps.matching.evidence_forms import EvidenceForm, SignForm
from apps.matching.forms import ReasonForm
from apps.matching.models import EvidenceHistory, RefusalEvidence
from apps.matching.selectors.evidence import documents_of, newest_search, so_far
from apps.matching.services import evidence as services
from apps.matching.services.evidence import Stated
from apps.matching.views.search import searched, tab_page
from apps.matching.views.shared import ask, done, note_access, posted, reads_and_writes
from apps.patients.models import Patient


@viewing
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    search = searched(request, pk)
    today = timezone.localdate()
    return tab_page(
        request,
        search,
        "search_evidence",
        documents=documents_of(search.patient),
        so_far=so_far(search=search, today=today),
    )


@working
@reads_and_writes
def create(request: HttpRequest, pk: int) -> HttpResponse:
    search, today = searched(request, pk), timezone.localdate()
    initial = {"period_from": search.started_on, "period_to": search.ended_on or today}
    form = EvidenceForm(posted(request), today=today, initial=initial)
    if form.is_valid():
        evidence = services.create(
            patient=search.patient, stated=form.stated, actor=request.user, at=timezone.now()
        )
        return done(request, _("The draft is made. Please check it before you sign it off."), _url(evidence))
    title, back = _("New evidence of refusals"), reverse("matching:search_evidence", args=[search.pk])
    return _form(request, form, search.patient, title=title, cancel_url=back)


@viewing
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    evidence = _evidence(request, pk)
    context = {
        "evidence": evidence,
        "patient": evidence.patient,
        "document": document(evidence=evidence, at=timezone.now()),
        "lines_heading": _("Contacts"),
        "gaps_heading": _("Cannot be proven, not counted"),
        "is_draft": evidence.status == EvidenceStatus.DRAFT,
        "is_signed": evidence.status == EvidenceStatus.SIGNED,
        "is_statutory": evidence.patient.insurance_kind == "gkv",
        "entries": [_entry(row) for row in evidence.history.select_related("actor").order_by("-at", "-id")],
        "search": newest_search(evidence.patient),
    }
    return render(request, "matching/evidence.html", context)


@working
@reads_and_writes
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    evidence = _draft(request, pk)
    form = EvidenceForm(
        posted(request),
        today=timezone.localdate(),
        initial={name: getattr(evidence, name) for name in Stated.__dataclass_fields__},
    )
    if form.is_valid():
        services.correct(evidence=evidence, stated=form.stated, actor=request.user, at=timezone.now())
        return done(request, _("Saved."), _url(evidence))
    return _form(request, form, evidence.patient, title=_("Correct the draft"), cancel_url=_url(evidence))


@working
@reads_and_writes
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    evidence, form = _draft(request, pk), SignForm(posted(request))
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        services.sign(evidence=evidence, seen=seen, actor=request.user, at=timezone.now())
        return done(request, _("Signed off. It will not change any more."), _url(evidence))
    shown = document(evidence=evidence, at=timezone.now())
    return _ask(
        request,
        evidence,
        title=_("Sign the evidence off"),
        text=_("You confirm that you have checked every line: %(sentence)s.")
        % {"sentence": shown.content["summary"]["sentence"]},
        button=_("Sign off"),
        icon="check",
        form=SignForm(initial={"seen": shown.fingerprint}),
        consequences=_of_signing(shown),
    )


@working
@reads_and_writes
def void(request: HttpRequest, pk: int) -> HttpResponse:
    evidence, form = _evidence(request, pk), ReasonForm(posted(request))
    if evidence.status == EvidenceStatus.VOID:
        raise StaleState()
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        services.void(evidence=evidence, reason=reason, actor=request.user, at=timezone.now())
        return done(request, _("The document is void."), _url(evidence))
    return _ask(
        request,
        evidence,
        form=form,
        title=_("Declare the document void"),
        text=_("The document is not to be used any more."),
        button=_("Declare void"),
        tone="danger",
        consequences=[
            _("It stays here, with your reason, and is marked as void on every page."),
            _("Copies that have been handed out are not called back by this."),
        ],
    )


@working
@require_GET
def download_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    evidence = _evidence(request, pk)
    content = pdf.render(document(evidence=evidence, at=timezone.now()))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{_filename(evidence, "pdf")}"'
    response["Cache-Control"] = "private, no-store"
    return response


@working
@require_GET
def download_csv(request: HttpRequest, pk: int) -> HttpResponse:
    evidence = _evidence(request, pk)
    lines = sheet.lines(document(evidence=evidence, at=timezone.now()))
    response = csv_response(_filename(evidence, "csv"), lines)
    response["Cache-Control"] = "private, no-store"
    return response


def _evidence(request: HttpRequest, pk: int) -> RefusalEvidence:
    evidence = get_object_or_404(RefusalEvidence.objects.select_related("patient__insurer"), pk=pk)
    note_access(request, [evidence.patient_id])
    return evidence


def _draft(request: HttpRequest, pk: int) -> RefusalEvidence:
    evidence = _evidence(request, pk)
    if evidence.status != EvidenceStatus.DRAFT:
        raise StaleState()
    return evidence


def _url(evidence: RefusalEvidence) -> str:
    return reverse("matching:evidence", args=[evidence.pk])


def _filename(evidence: RefusalEvidence, ending: str) -> str:
    """The case code and the last day of the period; no name, and a draft says that it is one."""
    kind = {EvidenceStatus.DRAFT: "entwurf-nachweis", EvidenceStatus.VOID: "ungueltig-nachweis"}
    beginning = kind.get(EvidenceStatus(evidence.status), "nachweis")
    return f"{beginning}-{evidence.patient.case_code}-{evidence.period_to:%Y-%m-%d}.{ending}"


def _form(request: HttpRequest, form: EvidenceForm, patient: Patient, **context: Any) -> HttpResponse:
    return render(request, "matching/evidence_form.html", {"form": form, "patient": patient, **context})


def _ask(request: HttpRequest, evidence: RefusalEvidence, **context: Any) -> HttpResponse:
    return ask(request, subtitle=evidence.patient.case_code, cancel_url=_url(evidence), **context)


def _of_signing(shown: Document) -> list[Any]:
    """What the signature does, and what is still missing."""
    missing = [row["label"] for row in shown.content["attachments"] if row["state"] == attachments.MISSING]
    return [
        _("The content is kept as it is now; later changes of the records do not change it."),
        _("Your name stands on the document, and its fingerprint on every page."),
        *([_("Still missing: %(labels)s.") % {"labels": ", ".join(missing)}] if missing else []),
    ]


def _entry(row: EvidenceHistory) -> dict[str, Any]:
    """One line of components/timeline.html."""
    labels = dict(EvidenceStatus.choices)
    is_correction = row.old == row.new
    return {
        "at": row.at,
        "actor": row.actor.display_name if row.actor else "",
        "icon": "edit" if is_correction else "reports",
        "text": _("corrected") if is_correction else labels.get(row.new, row.new),
        "reason": "" if is_correction else row.reason,
        "tone": tone(row.new),
    }
