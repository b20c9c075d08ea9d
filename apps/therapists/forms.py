"""Forms collect and check what was typed; rows are saved by the services, which validate once more."""

from collections.abc import Iterable, Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core.contacts import readable_phone
from apps.core.enums import Language, Method
from apps.core.forms import SeenAtForm, day_input
from apps.core.weekly import Interval, Weekday, format_ranges, parse_ranges
from apps.therapists.enums import AgeGroup, HoursKind, PauseReason, Setting
from apps.therapists.models import Practice, Therapist

APPROVALS_OF_A_ROW = [(age_group, setting) for age_group in AgeGroup for setting in Setting]


def row(*names: str) -> Div:
    return Div(*(Div(name, css_class="col-md") for name in names), css_class="row")


class RecordForm(SeenAtForm, forms.ModelForm):
    """Never calls `save()`: views hand `changes` (or `cleaned_data`) to a service."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def _post_clean(self) -> None:
        """The instance stays as it is: the service validates the locked row with friendlier sentences."""

    @property
    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "seen_at"}


class TherapistForm(RecordForm):
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=Language.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means German."),
    )

    class Meta:
        model = Therapist
        fields = (
            "salutation",
            "gender",
            "title",
            "first_name",
            "last_name",
            "seat",
            "is_licensed",
            "languages",
            "further_qualifications",
            "special_offers",
            "accessibility",
            "free_individual_from",
            "free_group_from",
            "free_places_note",
            "is_possibly_free",
            "knows_agency",
            "wished_diagnoses",
            "wished_age_from",
            "wished_age_to",
            "wished_gender",
            "prefers_group",
            "email_permission_since",
            "email_permission_how",
            "internal_note",
        )
        widgets = {
            "free_individual_from": day_input(),
            "free_group_from": day_input(),
            "email_permission_since": day_input(),
            "further_qualifications": forms.Textarea(attrs={"rows": 2}),
            "special_offers": forms.Textarea(attrs={"rows": 2}),
            "internal_note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            *(["seen_at"] if self.instance.pk else []),
            Fieldset(_("Person"), row("salutation", "gender", "title"), row("first_name", "last_name")),
            Fieldset(_("Licence and offer"), row("seat", "is_licensed"), "languages", *_OFFER),
            Fieldset(_("Free places"), row("free_individual_from", "free_group_from"), *_FREE),
            Fieldset(
                _("Wishes about patients"),
                row("wished_diagnoses", "wished_gender"),
                row("wished_age_from", "wished_age_to"),
                "prefers_group",
            ),
            Fieldset(
                _("Contact"),
                row("email_permission_since", "email_permission_how"),
                "knows_agency",
                "internal_note",
            ),
        )


_OFFER = ("further_qualifications", "special_offers", "accessibility")
_FREE = ("free_places_note", "is_possibly_free")


class PracticeForm(RecordForm):
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")

    class Meta:
        model = Practice
        fields = ("name", "street", "plz", "city", "phone", "fax", "email", "website")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("phone", "fax"):
            self.initial[name] = readable_phone(getattr(self.instance, name))
        self.helper.layout = Layout(
            *(["seen_at"] if self.instance.pk else []),
            Fieldset(_("Practice"), "name", row("street", "plz", "city")),
            Fieldset(_("Reach"), row("phone", "fax"), row("email", "website")),
        )


class ApprovalsForm(forms.Form):
    """One tick per method, age group and setting. `approvals` is what was ticked."""

    def __init__(self, *args: Any, present: Iterable[tuple[str, str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ticked = set(present)
        for method in Method:
            for age_group, setting in APPROVALS_OF_A_ROW:
                self.fields[f"approval-{method}-{age_group}-{setting}"] = forms.BooleanField(
                    label=f"{method.label}, {age_group.label}, {setting.label}",
                    required=False,
                    initial=(method.value, age_group.value, setting.value) in ticked,
                    widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
                )

    @property
    def headings(self) -> list[str]:
        return [f"{age_group.label}, {setting.label}" for age_group, setting in APPROVALS_OF_A_ROW]

    @property
    def rows(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [
            (
                method.label,
                [self[f"approval-{method}-{age}-{setting}"] for age, setting in APPROVALS_OF_A_ROW],
            )
            for method in Method
        ]

    @property
    def approvals(self) -> list[tuple[str, str, str]]:
        ticked = [name.split("-")[1:] for name, is_ticked in self.cleaned_data.items() if is_ticked]
        return [(method, age_group, setting) for method, age_group, setting in ticked]


class HoursForm(forms.Form):
    """Seven lines a week for phone and for working hours, each like "08:00–12:00, 14:00–18:00"."""

    def __init__(
        self, *args: Any, present: Mapping[str, Iterable[Interval]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for kind in HoursKind:
            for day in Weekday:
                self.fields[f"{kind}-{day.value}"] = forms.CharField(
                    label=day.label,
                    required=False,
                    initial=_text((present or {}).get(kind, ()), day),
                    widget=forms.TextInput(attrs={"placeholder": "08:00–12:00, 14:00–18:00"}),
                )

    def clean(self) -> dict[str, Any]:
        for name in self.fields:
            try:
                self.cleaned_data[name] = parse_ranges(self.cleaned_data.get(name, ""))
            except ValidationError as error:
                self.add_error(name, error)
        return self.cleaned_data

    @property
    def phone_fields(self) -> list[forms.BoundField]:
        return [self[f"{HoursKind.PHONE}-{day.value}"] for day in Weekday]

    @property
    def working_fields(self) -> list[forms.BoundField]:
        return [self[f"{HoursKind.WORKING}-{day.value}"] for day in Weekday]

    @property
    def phone_hours(self) -> list[Interval]:
        return self._intervals(HoursKind.PHONE)

    @property
    def working_hours(self) -> list[Interval] | None:
        """None where every line is empty: unknown."""
        return self._intervals(HoursKind.WORKING) or None

    def _intervals(self, kind: str) -> list[Interval]:
        lines = {day: self.cleaned_data[f"{kind}-{day.value}"] for day in Weekday}
        return [Interval(day.value, start, end) for day, ranges in lines.items() for start, end in ranges]


class BlockForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=300)
    until = forms.DateField(
        label=_("Until (last day)"),
        required=False,
        widget=day_input(),
        help_text=_("Empty: until unblocked."),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=300)


class PauseForm(forms.Form):
    starts_on = forms.DateField(label=_("From"), widget=day_input())
    until = forms.DateField(label=_("Until (last day)"), widget=day_input())
    reason = forms.ChoiceField(label=_("Reason"), choices=PauseReason.choices, initial=PauseReason.REQUESTED)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class ObjectionForm(forms.Form):
    on = forms.DateField(label=_("Received on"), widget=day_input())
    reason = forms.CharField(
        label=_("How it reached us"), max_length=300, help_text=_("For example: by e-mail, on the phone.")
    )


def _text(intervals: Iterable[Interval], day: Weekday) -> str:
    return format_ranges((each.start, each.end) for each in intervals if each.weekday == day)
