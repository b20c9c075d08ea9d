"""What of the imports waits for a person: runs that went wrong, records and changes to look at."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.scraping.enums import ENDED
from apps.scraping.filters import TROUBLED
from apps.scraping.models import ImportRun
from apps.scraping.selectors import review
from apps.workspace.worklist import ROWS, Kind, Moment, Section, Task, section


def import_runs(moment: Moment) -> Section:
    """Failed, stopped by the source, or far from the usual volume, and nobody has taken note."""
    rows = ImportRun.objects.filter(TROUBLED, status__in=ENDED, noticed_by__isnull=True)
    kind = Kind(
        "import_runs",
        _("Imports that went wrong"),
        _("Look"),
        "imports",
        "danger",
        reverse("scraping:runs") + "?notice=open",
    )
    oldest = rows.select_related("source").order_by("pk")[: ROWS + 1]
    return section(kind, (_run(row, moment) for row in oldest))


def import_reviews(moment: Moment) -> Section:
    """One line per source for the records, one for the changes."""
    kind = Kind(
        "import_reviews",
        _("Imported records to review"),
        _("Look at them"),
        "imports",
        "secondary",
        reverse("scraping:review"),
    )
    return section(kind, (*_records(moment), *_changes(moment)))


def _run(row: ImportRun, moment: Moment) -> Task:
    state = _("unusual volume") if row.is_unusual else row.get_status_display()
    return Task(f"{row.source.name}: {state}", row.get_absolute_url(), moment.days_since(row.ended_at))


def _records(moment: Moment) -> Iterator[Task]:
    rows = _by_source(review.waiting_records(), "source", "changed_on")
    for pk, name, number, oldest in rows:
        text = ngettext(
            "%(source)s: %(number)s record to review", "%(source)s: %(number)s records to review", number
        )
        url = f"{reverse('scraping:review')}?source={pk}"
        yield Task(text % {"source": name, "number": number}, url, moment.days_since(oldest))


def _changes(moment: Moment) -> Iterator[Task]:
    rows = _by_source(review.open_proposals(), "record__source", "said_on")
    for pk, name, number, oldest in rows:
        text = ngettext(
            "%(source)s: %(number)s proposed change", "%(source)s: %(number)s proposed changes", number
        )
        url = f"{reverse('scraping:changes')}?source={pk}"
        yield Task(text % {"source": name, "number": number}, url, moment.days_since(oldest))


def _by_source(rows: Any, source: str, day: str) -> Any:
    """(id, name, how many, oldest day) of every source, one query."""
    grouped = rows.order_by().values_list(f"{source}_id", f"{source}__name")
    return grouped.annotate(number=Count("pk"), oldest=Min(day)).order_by(f"{source}__name")
