"""What the pages of registrations share."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from apps.core.audit import record_accesses
from apps.core.merging.sides import spoken
from apps.core.templatetags.ui import tone
from apps.intake import reading, selectors
from apps.intake.enums import ProblemCode, RegistrationStatus
from apps.intake.models import Registration
from apps.intake.schema import ConsentIn
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from apps.patients.sections import SECTIONS
from apps.patients.selectors import symptom_names

ROWS_A_PAGE = 50
WORDS: dict[str, Any] = {"consents": _("Consents"), "availability": _("Weekly availability")}
PROBLEM_WORDS = dict(ProblemCode.choices)

reads_and_writes = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class ShownProblem:
    """A problem in words; `value` is what came in, for the person who mends it."""

    label: str
    text: str | Promise
    value: str


def opened(pk: int) -> Registration:
    return get_object_or_404(selectors.detail_rows(), pk=pk)


def note_access(request: HttpRequest, patient_ids: set[int]) -> None:
    """This page shows who these patients are."""
    assert request.resolver_match is not None  # a view runs only after its URL was resolved
    purpose = request.resolver_match.view_name
    record_accesses(actor=request.user, patient_ids=sorted(patient_ids), purpose=purpose, at=timezone.now())


def done(request: HttpRequest, message: Any, to: Any) -> HttpResponse:
    messages.success(request, message)
    return redirect(to)


def shown_problems(registration: Registration, said: reading.Values) -> list[ShownProblem]:
    return [_problem(one["code"], one["path"], said) for one in registration.problems]


def facts(patient: Patient) -> list[tuple[Any, list[tuple[str, str]]]]:
    """Everything that was handed in, by the sections of a patient's form; what was not said is left out."""
    found = [(title, list(_lines(patient, rows))) for title, rows in SECTIONS]
    return [(title, lines) for title, lines in found if lines]


def _lines(patient: Patient, rows: Iterable[Iterable[str]]) -> Iterator[tuple[str, str]]:
    for name in (name for names in rows for name in names):
        if said := _said(patient, name):
            yield field_label(name), said


def field_label(name: str) -> str:
    if name in WORDS:
        return str(WORDS[name])
    field: Any = Patient._meta.get_field(name)
    assert isinstance(field, models.Field)
    return capfirst(str(field.verbose_name))


def _said(patient: Patient, name: str) -> str:
    if name == "symptoms":
        return ", ".join(symptom_names(codes=patient.symptoms or []))
    return spoken(patient, name)


def _problem(code: str, path: str, said: reading.Values) -> ShownProblem:
    name = path.rpartition(".")[2]
    value = said.get(name) or ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return ShownProblem(field_label(name), PROBLEM_WORDS.get(code, code), text)


def shown_consents(consents: Iterable[ConsentIn]) -> list[dict[str, Any]]:
    labels = dict(Purpose.choices)
    return [
        {
            "label": labels[Purpose(one.purpose)],
            "given_at": one.given_at,
            "version": one.wording_version,
            "proof": one.proof,
        }
        for one in consents
    ]


def entries(registration: Registration) -> list[dict[str, Any]]:
    """The history for components/timeline.html, newest first."""
    labels = dict(RegistrationStatus.choices)
    rows = registration.history.select_related("actor").order_by("-at", "-pk")  # type: ignore[attr-defined]
    return [
        {
            "at": row.at,
            "text": labels.get(row.new, row.new),
            "actor": row.actor.display_name if row.actor else "",
            "icon": "inbox" if row.old == "" else "clock",
            "tone": tone(row.new),
            "reason": row.reason,
            "is_from_outside": row.old == "" or row.new == RegistrationStatus.WAITING,
        }
        for row in rows
    ]
