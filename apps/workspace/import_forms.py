"""Uploading a file, and matching its headings with our columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core.forms import day_input
from apps.core.imports.columns import Column
from apps.core.imports.enums import FileStatus
from apps.core.imports.kinds import FileKind, every_kind, kind_of
from apps.core.imports.models import FileImport
from apps.core.imports.services.queue import MOST_BYTES

SUFFIXES = ".csv,.tsv,.txt,.json,.xlsx,.xlsm"


class UploadForm(forms.Form):
    """`file_kind` and the fields themselves when valid."""

    kind = forms.ChoiceField(label=_("What is in the file?"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": SUFFIXES}),
        help_text=_("CSV, Excel (.xlsx) or JSON, up to 20 MB, the headings in the first line."),
    )
    as_of = forms.DateField(
        label=_("Day of the answer"),
        required=False,
        widget=day_input(),
        help_text=_("Only for a saved answer of the register: the day it was given. Empty means today."),
    )

    def __init__(self, *args: Any, kinds: Sequence[FileKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["kind"]
        field.choices = [(kind.key, kind.label) for kind in kinds]
        if len(kinds) == 1:
            field.initial = kinds[0].key

    @property
    def file_kind(self) -> FileKind:
        return kind_of(self.cleaned_data["kind"])

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 20 MB. Please split it."))
        return file


@dataclass(frozen=True)
class Match:
    """One heading of the file beside the field to choose our column with."""

    heading: str
    samples: list[str]
    field: Any


class ColumnsForm(forms.Form):
    """One choice per heading; `chosen` when valid."""

    def __init__(self, *args: Any, file_import: FileImport, columns: Sequence[Column], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file_import = file_import
        choices = [("", _("leave out")), *((column.key, column_label(column)) for column in columns)]
        for position, _heading in enumerate(file_import.header):
            self.fields[f"column_{position}"] = forms.ChoiceField(
                choices=choices,
                required=False,
                initial=(file_import.chosen[position : position + 1] or [""])[0],
                widget=forms.Select(
                    attrs={
                        "class": "form-select form-select-sm",
                        "aria-labelledby": f"heading-{position}",
                    }
                ),
            )

    @property
    def chosen(self) -> list[str]:
        return [self.cleaned_data[f"column_{at}"] for at, _heading in enumerate(self.file_import.header)]

    def matches(self) -> Iterator[Match]:
        for at, heading in enumerate(self.file_import.header):
            samples = [row[at] for row in self.file_import.samples if row[at].strip()]
            yield Match(heading.strip(), samples, self[f"column_{at}"])


def column_label(column: Column) -> str:
    """Our name of a column in the person's language, * where it is needed."""
    name = column.german if (get_language() or "de").startswith("de") else column.english
    return f"{name} *" if column.is_required else name


def _kind_choices() -> list[tuple[str, Any]]:
    return [(kind.key, kind.label) for kind in every_kind()]


class FileImportFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(label=_("What"), choices=_kind_choices)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=FileStatus.choices)

    class Meta:
        model = FileImport
        fields: list[str] = []
