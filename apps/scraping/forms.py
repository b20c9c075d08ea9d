"""What staff type about sources: files, settings, permissions."""

from pathlib import PurePath
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.core.forms import SeenAtForm, day_input
from apps.scraping.adapters import ADAPTERS
from apps.scraping.adapters import FIELDS as MAPPED
from apps.scraping.models import FetchPermission, Source
from apps.scraping.models.records import DirectoryRecord
from apps.scraping.services.runs import FILE_SUFFIXES

LARGEST_FILE_MB = 50
MAPPED_PREFIX = "column_"
SETTINGS = ("name", "adapter", "url", "delay_seconds", "every_days", "stale_after_days", "options")
_RECORD = {field.name: field for field in DirectoryRecord._meta.fields}
_ALSO = {
    "house_number": _("house number"),
    "phone_prefix": _("area code"),
    "foreign_languages": _("foreign languages"),
}


class UploadForm(forms.Form):
    """A file of one source. The day matters: it dates what the file says."""

    file = forms.FileField(label=_("File"))
    fetched_on = forms.DateField(
        label=_("As of"), widget=day_input(), help_text=_("The day the list was saved or received.")
    )
    is_whole = forms.BooleanField(
        label=_("The file covers the whole source"),
        required=False,
        help_text=_("Only then are people who are missing in it reported as vanished."),
    )

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        adapter = ADAPTERS.get(source.adapter)
        self.suffixes = sorted({*FILE_SUFFIXES, *(adapter.suffixes if adapter else ())})
        self.fields["file"].widget.attrs["accept"] = ",".join(self.suffixes)
        text = _("%(kinds)s; at most %(megabytes)s MB.")
        kinds = ", ".join(suffix.removeprefix(".").upper() for suffix in self.suffixes)
        self.fields["file"].help_text = text % {"kinds": kinds, "megabytes": LARGEST_FILE_MB}

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE_MB * 1024 * 1024:
            text = _("The file is larger than %(megabytes)s MB. Please divide it and upload the parts.")
            raise ValidationError(text, params={"megabytes": LARGEST_FILE_MB})
        if PurePath(file.name or "").suffix.lower() not in self.suffixes:
            text = _("Files of this kind cannot be read. Possible are: %(kinds)s.")
            raise ValidationError(text, params={"kinds": ", ".join(self.suffixes)})
        return file

    def clean_fetched_on(self) -> Any:
        if self.cleaned_data["fetched_on"] > timezone.localdate():
            raise ValidationError(_("This day is still to come."))
        return self.cleaned_data["fetched_on"]


class PermissionForm(forms.ModelForm):
    """On what grounds a source may be fetched from. The service checks the days once more."""

    class Meta:
        model = FetchPermission
        fields = ("given_by", "given_on", "until", "grounds")
        widgets = {
            "given_on": day_input(),
            "until": day_input(),
            "grounds": forms.Textarea(attrs={"rows": 3}),
        }


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class OptionsField(forms.JSONField):
    """JSON; none are shown as an empty field, not as null."""

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(value) if value else ""


class SourceForm(SeenAtForm, forms.ModelForm):
    """`changes` when valid: all settings, the columns as `column_mapping`."""

    url = forms.URLField(
        label=_("Address"),
        required=False,
        assume_scheme="https",
        help_text=_("Where records are fetched from. Files can be read without it."),
    )
    delay_seconds = forms.FloatField(
        label=_("Seconds between requests"),
        min_value=1,
        localize=True,
        help_text=_("At least one second."),
    )
    options = OptionsField(
        label=_("Options of fetching"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "font-monospace"}),
        help_text=_("Which areas are fetched, as JSON. Empty means everything."),
    )

    class Meta:
        model = Source
        fields: tuple[str, ...] = SETTINGS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(key, adapter.label) for key, adapter in ADAPTERS.items()]
        self.fields["adapter"] = forms.ChoiceField(label=_("Kind of records"), choices=choices)
        # Django writes what was posted onto the instance while it checks the form: asked once, before that.
        self.columns = self._columns()
        for name in self.columns:
            self.fields[MAPPED_PREFIX + name] = forms.CharField(
                label=column_label(name),
                required=False,
                max_length=200,
                initial=self.instance.column_mapping.get(name, ""),
            )
        self.helper = _helper(self)

    @property
    def changes(self) -> dict[str, Any]:
        data = {name: self.cleaned_data[name] for name in SETTINGS}
        data["options"] = data["options"] or {}
        if self.columns:
            said = {name: self.cleaned_data[MAPPED_PREFIX + name].strip() for name in self.columns}
            data["column_mapping"] = {name: heading for name, heading in said.items() if heading}
        return data

    def clean_options(self) -> Any:
        options = self.cleaned_data["options"]
        if options and not isinstance(options, dict):
            raise ValidationError(_('Please write an object, such as {"states": ["SN"]}.'))
        return options

    def _columns(self) -> list[str]:
        adapter = ADAPTERS.get(self.instance.adapter)
        return list(MAPPED) if adapter is not None and adapter.takes_mapping else []


class NewSourceForm(SourceForm):
    """With the short name, which stays as it is."""

    class Meta(SourceForm.Meta):
        fields = ("key", *SETTINGS)


def column_label(name: str) -> str:
    """Of a field that a column of a file may fill."""
    if name in _ALSO:
        return str(_ALSO[name])
    return str(_RECORD[name].verbose_name) if name in _RECORD else name


def _helper(form: SourceForm) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    names = [name for name in form.fields if not name.startswith(MAPPED_PREFIX) and name != "options"]
    columns = [name for name in form.fields if name.startswith(MAPPED_PREFIX)]
    helper.layout = Layout(
        *(name for name in names if name in ("seen_at", "key", "name", "adapter", "url")),
        Div(
            *(
                Div(name, css_class="col-sm-4")
                for name in ("delay_seconds", "every_days", "stale_after_days")
            ),
            css_class="row",
        ),
        "options",
        *([_columns_box(columns)] if columns else []),
    )
    return helper


def _columns_box(names: list[str]) -> Div:
    title = _now("Columns of a file")
    hint = _now("The heading under which each field stands. All empty: headings we know are recognised.")
    return Div(
        HTML(f'<fieldset class="card mt-3"><div class="card-body"><legend>{title}</legend>'),
        HTML(f'<p class="muted">{hint}</p>'),
        Div(*(Div(name, css_class="col-sm-6 col-lg-4") for name in names), css_class="row"),
        HTML("</div></fieldset>"),
    )
