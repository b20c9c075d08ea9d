"""Forms of the call sheet: what came of the call, and what the therapist said to each request."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import CallOutcome
from apps.communication.services.calls import check_agreed
from apps.core.errors import Refused
from apps.matching.enums import RequestStatus
from apps.matching.forms import OutcomeForm
from apps.matching.models import PlacementRequest
from apps.matching.services.answers import ANSWERS
from apps.matching.services.calling import CallBack

R = RequestStatus
NO_ANSWER_YET = ("", _("no answer yet"))
SAID = {R.ACCEPTED: _("yes, has a place"), R.WAITLISTED: _("waiting list"), R.REJECTED: _("no")}


class CallForm(forms.Form):
    """The button that was pressed is the outcome; only "call back" needs a moment.

    `at` is now, `state` the Bundesland of the practice: nobody is called there on a holiday unasked.
    """

    outcome = forms.ChoiceField(choices=CallOutcome.choices, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Call note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Is kept encrypted. It may serve as proof of the attempt."),
    )
    call_back_at = forms.DateTimeField(
        label=_("Call back at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    is_holiday_agreed = forms.BooleanField(
        label=_("also on a Sunday or public holiday: the practice asked for it"), required=False
    )

    def __init__(self, *args: Any, at: datetime, state: str, **kwargs: Any) -> None:
        self.at, self.state = at, state
        super().__init__(*args, **kwargs)
        self.fields["outcome"].error_messages["required"] = _("Please say what came of the call.")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("outcome") == CallOutcome.CALL_BACK and "call_back_at" not in self.errors:
            self._check_call_back(data.get("call_back_at"), bool(data.get("is_holiday_agreed")))
        return data

    def _check_call_back(self, moment: datetime | None, is_holiday_agreed: bool) -> None:
        if moment is None:
            self.add_error("call_back_at", _("When shall we call back?"))
            return
        try:
            check_agreed(moment, self.state, at=self.at, is_holiday_agreed=is_holiday_agreed)
        except Refused as error:
            self.add_error("call_back_at", str(error.message))

    @property
    def call_back(self) -> CallBack | None:
        moment = self.cleaned_data["call_back_at"]
        if self.cleaned_data["outcome"] != CallOutcome.CALL_BACK or moment is None:
            return None
        return CallBack(at=moment, is_holiday_agreed=self.cleaned_data["is_holiday_agreed"])


class CallAnswerForm(OutcomeForm):
    """One request on the call sheet; nothing chosen means no answer yet. Sent twice, it is booked once."""

    outcome = forms.ChoiceField(label=_("Answer"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, request: PlacementRequest, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"request-{request.pk}", **kwargs)
        self.request = request
        outcome = self.fields["outcome"]
        assert isinstance(outcome, forms.ChoiceField)
        outcome.choices = [NO_ANSWER_YET, *((answer.value, SAID[answer]) for answer in ANSWERS)]

    @property
    def is_answered(self) -> bool:
        return bool(self.cleaned_data.get("outcome"))
