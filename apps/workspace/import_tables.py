from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.core.imports.kinds import every_kind
from apps.core.imports.models import FileImport

NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}}


class FileImportTable(tables.Table):
    """Over `imports.selectors.import_list`: no query per row; every order ends with the key."""

    created_at = tables.Column(
        _("Uploaded"), order_by=("pk",), linkify=lambda record: record.get_absolute_url()
    )
    kind = tables.Column(_("What"), order_by=("kind", "pk"))
    file_name = tables.Column(_("File"), orderable=False)
    status = tables.Column(_("Status"), order_by=("status", "pk"))
    total = tables.Column(_("Rows"), order_by=("total", "pk"), attrs=NUMBER)
    new = tables.Column(_("New"), order_by=("new", "pk"), attrs=NUMBER)
    changed = tables.Column(_("Changed"), order_by=("changed", "pk"), attrs=NUMBER)
    rejected = tables.Column(_("Rejected"), order_by=("rejected", "pk"), attrs=NUMBER)
    created_by = tables.Column(_("By"), order_by=("created_by__last_name", "created_by__first_name", "pk"))

    caption = _("Imported files")

    class Meta:
        empty_text = _("No file fits. “Upload a file” brings patients or therapists in.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = {kind.key: kind.label for kind in every_kind()}

    def render_created_at(self, value: Any) -> str:
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")

    def render_kind(self, value: str) -> str:
        return str(self.kinds.get(value, value))

    def render_file_name(self, value: str) -> str:
        return value if len(value) <= 40 else f"{value[:25]}…{value[-14:]}"

    def render_status(self, record: FileImport) -> str:
        values = {"value": record.status, "label": record.get_status_display()}
        return render_to_string("components/state.html", values)

    def render_created_by(self, record: FileImport) -> str:
        return record.created_by.display_name if record.created_by else ""
