"""Forms collect and check what was typed; rows are saved by the services, which validate once more."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from apps.core.contacts import readable_phone
from apps.core.enums import Language, Method
from apps.core.forms import SeenAtForm, add_errors, day_input
from apps.core.weekly import Interval, Weekday, format_ranges, parse_ranges
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from apps.patients.normalise import normalise
from apps.patients.sections import FORM_FIELDS, SECTIONS
from apps.patients.selectors import symptom_choices

ONE_LINE = ("diagnosis", "complaints_since", "previous_therapy_method", "occupation", "kvnr", "referral_code")


UNKNOWN_YES_NO = [("unknown", _("not stated")), ("true", _("yes")), ("false", _("no"))]
MANY_TICKS = ("symptoms", "languages", "wished_methods")


def row(names: Iterable[str]) -> Div:
    return Div(*(Div(_shown(name), css_class="col-md") for name in names), css_class="row")


def _shown(name: str) -> str | Field:
    """Long lists of ticks stand in columns."""
    return Field(name, template="patients/_ticks.html") if name in MANY_TICKS else name


def card(title: Any, *parts: Any) -> Div:
    return Div(Fieldset(title, *parts), css_class="card card-body")


def plain_helper() -> FormHelper:
    """Several forms share one <form> of the page; the template holds its tag and token."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    return helper


class PatientFields(forms.ModelForm):
    """All that staff may enter about a patient, also in the admin. `save()` is not used: services save."""

    symptoms = forms.MultipleChoiceField(
        label=_("Symptoms"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("One to three, as agreed with the patient: therapists read them."),
    )
    wished_methods = forms.MultipleChoiceField(
        label=_("Methods wished"),
        choices=Method.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means any method."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=Language.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means German."),
    )
    plz = forms.CharField(label=_("PLZ"), required=False, max_length=12)

    class Meta:
        model = Patient
        fields = FORM_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Sorted by name and chosen by the patient's own words: cannot be a class attribute.
        self.fields["symptoms"].choices = symptom_choices(chosen=self.instance.symptoms or [])  # type: ignore[attr-defined]
        self.initial["phone"] = readable_phone(self.instance.phone)
        for name, field in self.fields.items():
            field.widget = self._widget(name, field)

    def _widget(self, name: str, field: forms.Field) -> forms.Widget:
        if isinstance(field, forms.DateField):
            return day_input()
        if name in ONE_LINE:
            return forms.TextInput()
        if isinstance(field.widget, forms.NullBooleanSelect):
            field.widget.choices = UNKNOWN_YES_NO
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 2
        return field.widget

    def clean(self) -> dict[str, Any]:
        """Friendly sentences beside the fields; the service does the same again on the locked row."""
        known = {name: value for name, value in self.cleaned_data.items() if name in FORM_FIELDS}
        try:
            normalise(known, today=timezone.localdate())
        except ValidationError as error:
            add_errors(error, self)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The instance stays as it is: the service validates the locked row."""

    @property
    def changes(self) -> dict[str, Any]:
        """Only what was edited, so that a value nobody touched is never written."""
        columns = self._meta.fields or ()
        return {name: self.cleaned_data[name] for name in self.changed_data if name in columns}


class PatientForm(SeenAtForm, PatientFields):
    """The page of the back office. Refuses to overwrite what somebody else has changed meanwhile."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()
        sections = [card(title, *map(row, rows)) for title, rows in SECTIONS]
        self.helper.layout = Layout(*(["seen_at"] if self.instance.pk else []), *sections)


HOURS_HINT = _("Several times a day with a comma between. An empty line means: not at all.")


class RangesField(forms.CharField):
    """ "08:00–12:00, 14:00–18:00" ↔ [(480, 720), (840, 1080)]."""

    def to_python(self, value: Any) -> list[tuple[int, int]]:  # type: ignore[override]
        return parse_ranges(super().to_python(value) or "")

    def prepare_value(self, value: Any) -> Any:
        return format_ranges(value) if isinstance(value, list) else value


class AvailabilityForm(forms.Form):
    """The week in seven lines."""

    def __init__(self, *args: Any, intervals: Iterable[Interval] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = list(intervals)
        for day in Weekday:
            self.fields[f"day_{day.value}"] = RangesField(
                label=capfirst(str(day.label)),
                required=False,
                initial=[(start, end) for weekday, start, end in present if weekday == day],
                widget=forms.TextInput(attrs={"placeholder": "08:00–12:00, 14:00–18:00"}),
            )
        self.helper = plain_helper()
        title = _("Weekly availability")
        hint = HTML(format_lazy('<p class="muted">{}</p>', HOURS_HINT))
        names = list(self.fields)
        self.helper.layout = Layout(card(title, hint, row(names[:2]), row(names[2:5]), row(names[5:])))

    @property
    def intervals(self) -> list[Interval]:
        return [
            Interval(day.value, start, end)
            for day in Weekday
            for start, end in self.cleaned_data[f"day_{day.value}"]
        ]


class FirstConsentsForm(forms.Form):
    """Consents that come with the registration: same day, same proof."""

    consents = forms.MultipleChoiceField(
        label=_("Consents given"),
        choices=Purpose.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    consents_on = forms.DateField(label=_("Given on"), required=False, widget=day_input())
    proof = forms.CharField(
        label=_("Proof"),
        required=False,
        max_length=200,
        help_text=_("Where it can be found: “contract, page 3”."),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["consents_on"].initial = today
        self.helper = plain_helper()
        self.helper.layout = Layout(card(_("Consents"), row(["consents"]), row(["consents_on", "proof"])))

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("consents"):
            if not self.cleaned_data.get("proof"):
                self.add_error("proof", _("Please say where the consents can be found."))
            self._check_day(self.cleaned_data.get("consents_on"))
        return self.cleaned_data

    def _check_day(self, day: date | None) -> None:
        if day is None or day > self.today:
            self.add_error("consents_on", _("Please enter the day, today at the latest."))

    @property
    def days(self) -> dict[Purpose, date]:
        return {Purpose(value): self.cleaned_data["consents_on"] for value in self.cleaned_data["consents"]}


class GiveConsentForm(forms.Form):
    purpose = forms.ChoiceField(label=_("Purpose"))
    given_on = forms.DateField(label=_("Given on"), widget=day_input())
    proof = forms.CharField(
        label=_("Proof"), max_length=200, help_text=_("Where it can be found: “contract, page 3”.")
    )

    def __init__(self, *args: Any, in_force: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            (value, label) for value, label in Purpose.choices if value not in in_force
        ]
        self.helper = plain_helper()


class WithdrawConsentForm(forms.Form):
    withdrawn_on = forms.DateField(label=_("Withdrawn on"), widget=day_input())


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
