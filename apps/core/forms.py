"""What forms of several apps share."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

STALE = _(
    "Somebody else has changed this record since you opened it, so nothing was saved. "
    "Open the page once more to see the present values and enter yours again."
)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form takes as data: None on GET, and an empty POST is a POST as well."""
    return request.POST if request.method == "POST" else None


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def add_errors(error: ValidationError, *forms_of_page: forms.BaseForm) -> None:
    """Show a service's ValidationError at the form that has the field, else above the first form."""
    errors = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, messages in errors.items():
        owner = next((form for form in forms_of_page if name in form.fields), None)
        if owner is not None:
            owner.add_error(name, ValidationError(messages))
        else:
            forms_of_page[0].add_error(None, ValidationError(messages))


class SeenAtForm(forms.Form):
    """For forms over one row: refuses to overwrite what somebody else has saved since the page was opened.

    A new row has no `seen_at`. Stands before the ModelForm among the bases.
    """

    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)
    instance: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_at"] = self.instance.updated_at.isoformat()
        else:
            del self.fields["seen_at"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.is_stale:
            raise ValidationError(STALE)
        return cleaned

    @property
    def is_stale(self) -> bool:
        if not self.is_bound or "seen_at" not in self.fields:
            return False
        return self.cleaned_data.get("seen_at") != self.initial["seen_at"]
