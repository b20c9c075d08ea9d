"""What waits for review, and files of registrations."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core.forms import posted
from apps.intake import selectors
from apps.intake.filters import RegistrationFilter
from apps.intake.forms import UploadForm
from apps.intake.services import files
from apps.intake.tables import RegistrationTable
from apps.intake.views.shared import ROWS_A_PAGE, reads_and_writes


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    rows = selectors.registrations()
    chosen = RegistrationFilter(request.GET, queryset=rows, at=timezone.now())
    table = RegistrationTable(chosen.qs)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    return render(request, "intake/list.html", {"filter": chosen, "table": table})


@working
@reads_and_writes
def upload(request: HttpRequest) -> HttpResponse:
    """Read at once and answered with what became of every line."""
    form = UploadForm(posted(request), request.FILES or None)
    report = None
    if form.is_valid():
        file = form.cleaned_data["file"]
        report = files.take_in(
            content=file.read(),
            name=file.name,
            client=form.cleaned_data["client"],
            actor=request.user,
            at=timezone.now(),
            is_dry_run=form.cleaned_data["is_dry_run"],
        )
    return render(request, "intake/upload.html", {"form": form, "report": report})
