"""What a person states for a document of refusal evidence."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.matching.forms import day_input
from apps.matching.services.evidence import Stated


def _day(label: Any, *, required: bool = False) -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=day_input())


def _words(label: Any, help_text: Any = "") -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label=label, required=False, max_length=1000, widget=area, help_text=help_text)


class EvidenceForm(forms.Form):
    """`stated` when valid. Nothing may lie in the future: the document tells what has happened."""

    period_from = _day(_("From"), required=True)
    period_to = _day(_("Until"), required=True)
    tss_contacted_on = _day(_("Terminservicestelle asked on"))
    tss_result = _words(
        _("Answer of the Terminservicestelle"), _("For example: no appointment within four weeks.")
    )
    insurer_asked_on = _day(_("Insurer asked on"))
    insurer_answer = _words(_("The insurer's answer"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        for name in ("period_from", "period_to", "tss_contacted_on", "insurer_asked_on"):
            if (value := data.get(name)) is not None and value > self.today:
                self.add_error(name, ValidationError(_("This day is yet to come.")))
        first, last = data.get("period_from"), data.get("period_to")
        if first is not None and last is not None and last < first:
            self.add_error("period_to", ValidationError(_("The period must end after it begins.")))
        self._needs_day("tss_result", "tss_contacted_on")
        self._needs_day("insurer_answer", "insurer_asked_on")
        return data

    def _needs_day(self, answer: str, day: str) -> None:
        is_given = self.cleaned_data.get(day) is not None or day in self.errors
        if self.cleaned_data.get(answer) and not is_given:
            self.add_error(day, ValidationError(_("When was that?")))

    @property
    def stated(self) -> Stated:
        return Stated(**self.cleaned_data)


class SignForm(forms.Form):
    """Carries what the person was shown: if the facts change before the click, nothing is signed."""

    seen = forms.CharField(widget=forms.HiddenInput)
