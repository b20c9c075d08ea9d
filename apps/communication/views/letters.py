"""The letters: list, one letter with preview and versions, the editor. A preview never sends."""

from typing import Any

from csp.decorators import csp
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.permissions import managing, viewing, working
from apps.communication.letter_forms import LetterTextForm, PreviewForm, TestForm, VersionForm
from apps.communication.letters import LetterType, of_kind, overview
from apps.communication.letters.checks import check
from apps.communication.letters.overview import Preview
from apps.communication.letters.texts import Wording, in_use
from apps.communication.models import LetterText
from apps.communication.services import letters
from apps.core.audit import record_accesses
from apps.core.errors import StaleState
from apps.core.forms import add_errors, posted

DRAFT = "letter_draft"  # in the session: what is typed in the editor, for the frame of its preview

# The frame of a preview: styles of the letter itself, and nothing else.
FRAME_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "sandbox": True,
}
framed: Any = csp(FRAME_POLICY)  # its types know no views with arguments

reads_and_writes = require_http_methods(["GET", "HEAD", "POST"])


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "communication/letters.html", {"rows": overview.rows(), "tabs": tabs("letters")})


@viewing
@require_GET
def detail(request: HttpRequest, kind: str) -> HttpResponse:
    letter_type = _type(kind)
    context = {
        **_about(letter_type),
        **_preview(request, letter_type, in_use(letter_type), is_draft=False),
        "wording": in_use(letter_type),
        "test_form": TestForm(),
    }
    return render(request, "communication/letter.html", context)


@viewing
@require_GET
@xframe_options_sameorigin
@framed
def html(request: HttpRequest, kind: str) -> HttpResponse:
    """The HTML part alone, for the frame of the preview: no script, no form, nothing from elsewhere."""
    letter_type = _type(kind)
    wording = _draft(request, kind) if "draft" in request.GET else in_use(letter_type)
    shown = _shown(request, letter_type, wording or in_use(letter_type))
    return HttpResponse(shown.letter.html)


@managing
@reads_and_writes
def edit(request: HttpRequest, kind: str) -> HttpResponse:
    """Save, test and look at a draft. With htmx only the preview comes back, with every problem named."""
    letter_type = _type(kind)
    about = _about(letter_type)
    initial = {**vars(in_use(letter_type)), "seen_version": about["newest_version"]}
    form = LetterTextForm(posted(request), initial=initial)
    act = request.POST.get("act", "")
    if act == "save" and _save(request, letter_type, form):
        messages.success(request, _("The new text is in use from now on."))
        return redirect("communication:letter", kind)
    problems = [] if act == "save" else _problems(letter_type, form)
    if act != "save":
        form.errors.pop("reason", None)  # asked for when the text is saved
    if act == "test" and not problems:
        _send_test(request, letter_type, form.wording, form)
    context = {**about, "form": form, "problems": problems}
    if not problems and not form.errors.keys() & {"subject", "body"}:
        _keep_draft(request, kind, form.wording)
        context |= _preview(request, letter_type, form.wording, is_draft=True)
    is_part = getattr(request, "htmx", False) and request.method == "POST"
    template = "communication/letter_preview.html" if is_part else "communication/letter_edit.html"
    return render(request, template, context)


@managing
@reads_and_writes
def version(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """An older version, and the way back to it."""
    letter_type = _type(kind)
    text = get_object_or_404(LetterText, kind=kind, version=number)
    about = _about(letter_type)
    form = VersionForm(posted(request), initial={"seen_version": about["newest_version"]})
    if form.is_valid() and _go_back(request, text, form):
        return redirect("communication:letter", kind)
    return render(request, "communication/letter_version.html", {**about, "text": text, "form": form})


@managing
@reads_and_writes
def own_text(request: HttpRequest, kind: str) -> HttpResponse:
    """Back to the text that comes with the program."""
    letter_type = _type(kind)
    about = _about(letter_type)
    form = VersionForm(posted(request), initial={"seen_version": about["newest_version"]})
    if form.is_valid():
        letters.use_own_text(
            letter_type=letter_type, actor=request.user, at=timezone.now(), **form.cleaned_data
        )
        messages.success(request, _("The text that comes with the program is in use again."))
        return redirect("communication:letter", kind)
    return render(request, "communication/letter_own.html", {**about, "form": form})


@working
@require_POST
def test(request: HttpRequest, kind: str) -> HttpResponse:
    """The letter as it is in use, with sample data, to oneself."""
    letter_type = _type(kind)
    _send_test(request, letter_type, in_use(letter_type), TestForm(request.POST))
    return redirect("communication:letter", kind)


def tabs(current: str) -> list[dict[str, object]]:
    return [
        {"url": reverse(f"communication:{name}"), "label": label, "is_current": name == current}
        for name, label in (("emails", _("E-mails")), ("letters", _("Letters")))
    ]


def _type(kind: str) -> type[LetterType]:
    letter_type = of_kind(kind)
    if letter_type is None:
        raise Http404
    return letter_type


def _about(letter_type: type[LetterType]) -> dict[str, Any]:
    versions = overview.versions(letter_type.kind)
    current = next((text for text in versions if text.is_current), None)
    return {
        "letter_type": letter_type,
        "label": letter_type.kind.label,
        "versions": versions,
        "current": current,
        "is_broken": overview.is_broken(letter_type, current),
        "newest_version": versions[0].version if versions else 0,
    }


def _preview(
    request: HttpRequest, letter_type: type[LetterType], wording: Wording, *, is_draft: bool
) -> dict[str, Any]:
    shown = _shown(request, letter_type, wording)
    query = {"sample": shown.sample, "about": shown.about, **({"draft": "1"} if is_draft else {})}
    frame_url = reverse("communication:letter_html", args=[letter_type.kind], query=query)
    data = {"sample": shown.sample, "about": shown.about}
    return {
        "preview": shown,
        "frame_url": frame_url,
        "preview_form": PreviewForm(data, letter_type=letter_type),
    }


def _shown(request: HttpRequest, letter_type: type[LetterType], wording: Wording) -> Preview:
    """Whoever's data is shown, is written down."""
    asked = request.POST if request.method == "POST" else request.GET
    chosen = PreviewForm(asked, letter_type=letter_type).chosen
    shown = overview.preview(letter_type, wording, today=timezone.localdate(), **chosen)
    record_accesses(
        actor=request.user,
        patient_ids=shown.patient_ids,
        purpose="communication:letter_preview",
        at=timezone.now(),
    )
    return shown


def _problems(letter_type: type[LetterType], form: LetterTextForm) -> list[str]:
    try:
        check(letter_type, subject=form.wording.subject, body=form.wording.body)
    except ValidationError as error:
        return error.messages
    return []


def _save(request: HttpRequest, letter_type: type[LetterType], form: LetterTextForm) -> bool:
    if not form.is_valid():
        return False
    try:
        letters.save_text(
            letter_type=letter_type,
            wording=form.wording,
            reason=form.cleaned_data["reason"],
            seen_version=form.cleaned_data["seen_version"],
            actor=request.user,
            at=timezone.now(),
        )
    except ValidationError as error:
        add_errors(error, form)
        return False
    except StaleState as error:  # what was typed stays on the page
        form.add_error(None, ValidationError(str(error.message)))
        return False
    request.session.pop(DRAFT, None)
    return True


def _go_back(request: HttpRequest, text: LetterText, form: VersionForm) -> bool:
    try:
        letters.go_back(text=text, actor=request.user, at=timezone.now(), **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, ValidationError(error.messages))
        return False
    messages.success(request, _("Version %(number)s is in use again.") % {"number": text.version})
    return True


def _send_test(request: HttpRequest, letter_type: type[LetterType], wording: Wording, form: TestForm) -> None:
    """With sample data only, whatever the preview shows."""
    if "form_id" not in form.errors:
        chosen = PreviewForm(request.POST, letter_type=letter_type).chosen
        letters.send_test(
            letter_type=letter_type,
            wording=wording,
            sample=chosen["sample"],
            form_id=form.cleaned_data["form_id"],
            user=request.user,  # type: ignore[arg-type]  # the decorator lets nobody else in
            at=timezone.now(),
        )
        messages.success(request, _("A test is on its way to %(email)s.") % {"email": request.user.email})  # type: ignore[union-attr]


def _keep_draft(request: HttpRequest, kind: str, wording: Wording) -> None:
    if request.method == "POST":
        request.session[DRAFT] = {"kind": kind, **vars(wording)}
    elif DRAFT in request.session:
        del request.session[DRAFT]


def _draft(request: HttpRequest, kind: str) -> Wording | None:
    kept = request.session.get(DRAFT, {})
    return Wording(kept["subject"], kept["body"]) if kept.get("kind") == kind else None
