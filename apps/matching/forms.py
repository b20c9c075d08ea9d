"""Forms of matching collect and check what was typed; the services decide."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from crispy_forms.bootstrap import InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.matching.enums import AnswerSource, ExclusionSource, RejectionReason, RequestStatus
from apps.matching.models import PlacementRequest
from apps.matching.selectors.waiting import EITHER, GROUP, INDIVIDUAL, FreePlace
from apps.matching.services.answers import ANSWERS, Answer
from apps.therapists.enums import Setting

R = RequestStatus
STAFF_SOURCES = [AnswerSource.PHONE, AnswerSource.EMAIL]
STAFF_EXCLUSIONS = [ExclusionSource.PATIENT, ExclusionSource.STAFF]
NO_REASON = ("", "—")


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def possible_answers(request: PlacementRequest) -> list[RequestStatus]:
    """What a therapist may still say to a request. A yes that comes too late counts as well: a conflict."""
    # a therapist may answer a letter whose sending has not been noted yet
    present = R.SENT if request.status == R.RELEASED else R(request.status)
    if present == R.CONFLICT:
        return []
    ways = PlacementRequest.TRANSITIONS[present]
    return [answer for answer in ANSWERS if answer in ways or (answer == R.ACCEPTED and R.CONFLICT in ways)]


class OutcomeForm(forms.Form):
    """Outcome with what it needs: a day for the waiting list, a reason for a no. `answer` when valid."""

    beside: tuple[str, ...] = ("waitlist_until", "reason")  # fields in one row
    waitlist_until = forms.DateField(label=_("Waiting list until"), required=False, widget=day_input())
    reason = forms.ChoiceField(
        label=_("Why declined"), required=False, choices=[NO_REASON, *RejectionReason.choices]
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        beside = [Div(name, css_class="col-md") for name in self.beside]
        self.helper.layout = Layout(InlineRadios("outcome"), Div(*beside, css_class="row"), "note")

    def offer(self, request: PlacementRequest, labels: Mapping[RequestStatus, Any]) -> None:
        """What may be said now; an old click is judged by the service, which knows a repeated answer."""
        answers = ANSWERS if self.is_bound else possible_answers(request)
        outcome = self.fields["outcome"]
        assert isinstance(outcome, forms.ChoiceField)
        outcome.choices = [(answer.value, labels[answer]) for answer in answers]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("outcome") == R.WAITLISTED:
            self._check_waitlist(data.get("waitlist_until"))
        if data.get("outcome") == R.REJECTED and not data.get("reason"):
            self.add_error("reason", ValidationError(_("Please say why the therapist declined.")))
        return data

    def _check_waitlist(self, until: date | None) -> None:
        if until is None and "waitlist_until" not in self.errors:
            self.add_error("waitlist_until", ValidationError(_("Until when is the waiting list?")))
        elif until is not None and until < self.today:
            self.add_error("waitlist_until", ValidationError(_("This day has passed.")))

    @property
    def answer(self) -> Answer:
        outcome = R(self.cleaned_data["outcome"])
        return Answer(
            outcome=outcome,
            reason=self.cleaned_data["reason"] if outcome == R.REJECTED else "",
            note=self.cleaned_data["note"],
            waitlist_until=self.cleaned_data["waitlist_until"] if outcome == R.WAITLISTED else None,
        )


class AnswerForm(OutcomeForm):
    """A coordinator writes down what a therapist said. Sent twice, the service books it once."""

    beside = ("waitlist_until", "reason", "source")
    outcome = forms.ChoiceField(label=_("Answer"), choices=(), widget=forms.RadioSelect)
    source = forms.ChoiceField(
        label=_("Answered by"),
        choices=[(source.value, source.label) for source in STAFF_SOURCES],
        initial=AnswerSource.PHONE,
    )

    def __init__(self, *args: Any, request: PlacementRequest, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"request-{request.pk}", **kwargs)
        self.offer(request, {answer: answer.label for answer in ANSWERS})


class PauseForm(forms.Form):
    paused_from = forms.DateField(label=_("From"), widget=day_input())
    until = forms.DateField(
        label=_("Until (last day)"), required=False, widget=day_input(), help_text=_("Empty: until resumed.")
    )
    reason = forms.CharField(label=_("Why"), max_length=200)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=300)


class ExcludeForm(forms.Form):
    source = forms.ChoiceField(
        label=_("Whose wish"), choices=[(source.value, source.label) for source in STAFF_EXCLUSIONS]
    )
    reason = forms.CharField(label=_("Why"), max_length=300)


class SessionForm(forms.Form):
    planned_at = forms.DateTimeField(
        label=_("Trial session on"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class FreePlaceForm(forms.Form):
    """A place a therapist has reported. Only tried by GET, saved by POST. `place` when valid."""

    free_from = forms.DateField(label=_("Free from"), widget=day_input())
    setting = forms.ChoiceField(
        label=_("Setting"),
        choices=[
            (EITHER, _("individual or group")),
            (INDIVIDUAL, Setting.INDIVIDUAL.label),
            (GROUP, Setting.GROUP.label),
        ],
    )

    @property
    def place(self) -> FreePlace:
        return FreePlace(from_on=self.cleaned_data["free_from"], setting=self.cleaned_data["setting"])
