"""Forms on the page of an incoming message: collect and check; the services decide."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.matching.enums import ANSWERABLE_REQUESTS, RequestStatus
from apps.matching.forms import OutcomeForm, day_input
from apps.matching.inbound import inquiry_named
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.services.answers import ANSWERS
from apps.matching.services.inbound_answers import Wishes
from apps.patients.models import Patient
from apps.therapists.models import Therapist

BOOKABLE = (*ANSWERABLE_REQUESTS, RequestStatus.RELEASED, RequestStatus.REJECTED)


class SaidForm(OutcomeForm):
    """What the message says to one request; nothing chosen means: nothing. Filled in by the suggestion."""

    outcome = forms.ChoiceField(label=_("Answer"), required=False, widget=forms.RadioSelect)

    def __init__(
        self, *args: Any, request: PlacementRequest, suggestion: Mapping[str, Any] | None, **kwargs: Any
    ) -> None:
        self.suggestion = suggestion or {}
        kwargs |= {"prefix": f"said-{request.pk}", "initial": _initial(self.suggestion)}
        super().__init__(*args, **kwargs)
        self.offer(request, {answer: answer.label for answer in ANSWERS})

    @property
    def is_answered(self) -> bool:
        return bool(self.cleaned_data.get("outcome"))


class WishesForm(forms.Form):
    """What the therapist wants of us beside the answers. `wishes` when valid."""

    is_objection = forms.BooleanField(
        label=_("wants no further inquiries (final)"),
        required=False,
        help_text=_("The therapist is never contacted again."),
    )
    pause_until = forms.DateField(
        label=_("Contact pause until (last day)"), required=False, widget=day_input()
    )

    def __init__(
        self, *args: Any, today: date, suggestion: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        self.today, suggested = today, suggestion or {}
        initial = {
            "is_objection": bool(suggested.get("objection")),
            "pause_until": _day(suggested.get("pause_until")),
        }
        kwargs |= {"prefix": "wishes", "initial": initial}
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def clean_pause_until(self) -> date | None:
        until: date | None = self.cleaned_data["pause_until"]
        if until is not None and until < self.today:
            raise ValidationError(_("This day has passed."))
        return until

    @property
    def wishes(self) -> Wishes:
        return Wishes(
            is_objection=self.cleaned_data["is_objection"], pause_until=self.cleaned_data["pause_until"]
        )


class AssignForm(forms.Form):
    """Who wrote: the reference of an inquiry, the case code of a patient, or a therapist's name.

    After validation `inquiry`, `therapist` or `patient` is set. A name that fits several is refused.
    """

    who = forms.CharField(
        label=_("Reference of the inquiry, name of the therapist, or case code of the patient"),
        max_length=120,
    )
    inquiry: Inquiry | None = None
    therapist: Therapist | None = None
    patient: Patient | None = None

    def clean_who(self) -> str:
        text: str = self.cleaned_data["who"].strip()
        self.inquiry = inquiry_named(text)
        if self.inquiry is None:
            self.patient = Patient.objects.filter(case_code__iexact=text).first()
        if self.inquiry is None and self.patient is None:
            self.therapist = _therapist_named(text)
        return text


class LetterForm(forms.Form):
    """A letter back. `form_id` makes a second click the same letter."""

    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    subject = forms.CharField(label=_("Subject"), max_length=150)
    text = forms.CharField(
        label=_("Text"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Greeting and closing are added. Please name no patient."),
    )


def _therapist_named(text: str) -> Therapist:
    found = Therapist.objects.all()
    for word in text.replace(",", " ").split():
        found = found.filter(last_name__icontains=word) | found.filter(first_name__icontains=word)
    rows = list(found.order_by("last_name", "first_name", "pk")[:2])
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise ValidationError(
            _("Several therapists have this name. Please give the reference of an inquiry.")
        )
    raise ValidationError(_("Nobody was found."))


def _initial(suggestion: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: suggestion.get(name) or "" for name in ("outcome", "reason")}
    return {**values, "waitlist_until": _day(suggestion.get("waitlist_until"))}


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
