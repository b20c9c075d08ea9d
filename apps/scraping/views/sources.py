"""Sources: how they are doing, one of them with its settings, what is fetched or uploaded."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.permissions import viewing, working
from apps.core.forms import posted
from apps.scraping.adapters import ADAPTERS
from apps.scraping.forms import UploadForm, column_label
from apps.scraping.models import Source
from apps.scraping.selectors import sources
from apps.scraping.services import runs
from apps.scraping.tables import RunTable
from apps.scraping.views.shared import done, reads_and_writes, tabs

RUNS_SHOWN = 10


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {"tabs": tabs("sources"), "rows": sources.health(at=now), "now": now}
    return render(request, "scraping/sources.html", context)


@viewing
@require_GET
def source(request: HttpRequest, key: str) -> HttpResponse:
    row, now = get_object_or_404(Source, key=key), timezone.now()
    adapter = ADAPTERS.get(row.adapter)
    context = {
        "source": row,
        "adapter": adapter.label if adapter else row.adapter,
        "health": next(one for one in sources.health(at=now) if one.source == row),
        "columns": [(column_label(name), heading) for name, heading in row.column_mapping.items()],
        "permissions": row.permissions.select_related("recorded_by"),
        "runs": RunTable(
            row.runs.select_related("source")[:RUNS_SHOWN], exclude=("source",), orderable=False
        ),
        "now": now,
        "today": timezone.localdate(now),
    }
    return render(request, "scraping/source.html", context)


@working
@require_POST
def fetch(request: HttpRequest, key: str) -> HttpResponse:
    row, now = get_object_or_404(Source, key=key), timezone.now()
    run = runs.queue_fetch(source=row, actor=request.user, at=now, today=timezone.localdate(now))
    return done(request, _("The source is being fetched. You may leave this page."), run)


@working
@reads_and_writes
def upload(request: HttpRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Source, key=key)
    files = request.FILES if request.method == "POST" else None
    form = UploadForm(posted(request), files, source=row, initial={"fetched_on": timezone.localdate()})
    if form.is_valid():
        file = form.cleaned_data["file"]
        run = runs.queue_file(
            source=row,
            name=file.name,
            content=file.read(),
            fetched_on=form.cleaned_data["fetched_on"],
            is_whole=form.cleaned_data["is_whole"],
            actor=request.user,
        )
        return done(request, _("The file is being read. You may leave this page."), run)
    return render(request, "scraping/upload.html", {"source": row, "form": form})
