"""Forms of the review: the patients' own, filled with what came in."""

from collections.abc import Mapping
from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core import contacts
from apps.gateway.models import ApiClient
from apps.patients.forms import PatientForm

LARGEST_UPLOAD = 5 * 1024 * 1024


class SeenForm(forms.Form):
    """Which correction the page shows: after somebody else's nothing is written."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class RegistrationForm(PatientForm):
    """The fields of a patient; `seen` as in SeenForm."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, seen: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = seen
        if not contacts.phone_or_empty(self.instance.phone):
            self.initial["phone"] = self.instance.phone  # as it was typed: somebody has to mend it
        self.helper.layout = Layout("seen", *self.helper.layout.fields)

    @property
    def patient_data(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


class MergeForm(SeenForm):
    """Field of a choice → whether the registration's value is taken, besides hours and the page's state."""

    def __init__(self, *args: Any, choices: Mapping[str, bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, is_taken in choices.items():
            self.fields[f"take_{name}"] = forms.BooleanField(required=False, initial=is_taken)

    def is_taken(self, name: str) -> bool:
        return bool(self.cleaned_data.get(f"take_{name}"))


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"), help_text=_("JSON Lines: one registration a line, as docs/intake.md describes.")
    )
    client = forms.ModelChoiceField(
        label=_("From the website"),
        queryset=ApiClient.objects.order_by("name"),
        required=False,
        empty_label=_("none of them"),
        help_text=_("References that this website has handed in already are recognised."),
    )
    is_dry_run = forms.BooleanField(label=_("Only check, take nothing in"), required=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_UPLOAD:
            raise ValidationError(_("At most 5 MB here; larger files by manage.py import_registrations."))
        return file
