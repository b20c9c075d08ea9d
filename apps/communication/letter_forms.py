"""Forms of the letter editor; what a text must keep is checked by `letters.checks`."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.communication.letters import LetterType
from apps.communication.letters.checks import sample_label
from apps.communication.letters.overview import SAMPLE_NAMES
from apps.communication.letters.texts import Wording


class PreviewForm(forms.Form):
    """Which data the preview shows. What is not known is left out, never an error."""

    sample = forms.ChoiceField(label=_("Sample data"), required=False)
    about = forms.CharField(label=_("Real data"), required=False, max_length=20)

    def __init__(self, *args: Any, letter_type: type[LetterType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = forms.ChoiceField(
            label=_("Sample data"),
            required=False,
            choices=[(name, sample_label(name)) for name in SAMPLE_NAMES],
        )
        self.fields["sample"] = choices
        if letter_type.real_label:
            self.fields["about"].label = str(letter_type.real_label)
        else:
            del self.fields["about"]

    @property
    def chosen(self) -> dict[str, str]:
        """sample and about, whatever came in."""
        self.is_valid()
        return {
            "sample": self.cleaned_data.get("sample") or SAMPLE_NAMES[0],
            "about": self.cleaned_data.get("about", "").strip(),
        }


class TestForm(forms.Form):
    """The number makes a double click one message."""

    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class VersionForm(forms.Form):
    """Why another text is used, and the newest version the person saw."""

    reason = forms.CharField(label=_("Why"), max_length=300)
    seen_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class LetterTextForm(TestForm, VersionForm):
    field_order = ("subject", "body", "reason")

    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "true", "lang": "de"}),
    )

    @property
    def wording(self) -> Wording:
        """As it was typed, valid or not; lines end as the program ends them."""
        data = {name: str(self[name].value() or "") for name in ("subject", "body")}
        return Wording(subject=data["subject"].strip(), body=data["body"].replace("\r\n", "\n").strip("\n"))
