"""Forms of matching collect and check what was typed; the services decide."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import CallOutcome
from apps.matching.enums import AnswerSource, ExclusionSource, RejectionReason, RequestStatus
from apps.matching.models import PlacementRequest
from apps.matching.services.answers import ANSWERS, Answer

R = RequestStatus
STAFF_SOURCES = [AnswerSource.PHONE, AnswerSource.EMAIL]
STAFF_EXCLUSIONS = [ExclusionSource.PATIENT, ExclusionSource.STAFF]
NO_REASON = ("", "—")


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def possible_answers(request: PlacementRequest) -> list[RequestStatus]:
    """What a therapist may still say to a request. A yes that comes too late counts as well: a conflict."""
    ways = PlacementRequest.TRANSITIONS[R(request.status)]
    if request.status == R.CONFLICT:
        return []
    return [answer for answer in ANSWERS if answer in ways or (answer == R.ACCEPTED and R.CONFLICT in ways)]


class OutcomeForm(forms.Form):
    """Outcome with what it needs: a day for the waiting list, a reason for a no. `answer` when valid."""

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

    field_order = ["outcome", "waitlist_until", "reason", "source", "note"]
    outcome = forms.ChoiceField(label=_("Answer"), choices=(), widget=forms.RadioSelect)
    source = forms.ChoiceField(
        label=_("Answered by"),
        choices=[(source.value, source.label) for source in STAFF_SOURCES],
        initial=AnswerSource.PHONE,
    )

    def __init__(self, *args: Any, request: PlacementRequest, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"request-{request.pk}", **kwargs)
        # an old click is judged by the service, which knows a repeated answer
        answers = list(ANSWERS) if self.is_bound else possible_answers(request)
        self.fields["outcome"].choices = [(answer.value, answer.label) for answer in answers]


class ReplyForm(OutcomeForm):
    """One request on the therapist's reply page; nothing chosen means no answer yet."""

    field_order = ["outcome", "waitlist_until", "reason", "note"]
    outcome = forms.ChoiceField(
        label=_("Your answer"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (R.ACCEPTED.value, _("Yes, I have a place")),
            (R.WAITLISTED.value, _("Waiting list")),
            (R.REJECTED.value, _("No")),
        ],
    )

    def __init__(self, *args: Any, request: PlacementRequest, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"case-{request.pk}", **kwargs)
        self.fields["waitlist_until"].label = _("If waiting list: until about")
        self.fields["reason"].label = _("If no: why")
        self.fields["note"].label = _("Anything else we should know (please no names)")


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


class CallForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Outcome"), choices=CallOutcome.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Call note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Is kept encrypted. It may serve as proof of the attempt."),
    )
