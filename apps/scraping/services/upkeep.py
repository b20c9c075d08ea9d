"""What staff set about a source and note about its runs."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import StaleState
from apps.scraping.models import ImportRun, Source

log = structlog.get_logger(__name__)


@transaction.atomic
def create(*, values: Mapping[str, Any], actor: Any) -> Source:
    """A new source. Raises ValidationError with what is wrong."""
    source = Source(**values)
    source.full_clean()
    source.save()
    log.info("source_created", source=source.key, user_id=actor.pk)
    return source


@transaction.atomic
def update(*, source: Source, changes: Mapping[str, Any], actor: Any) -> Source:
    """Save changed settings. Raises ValidationError; a run under way goes on with what it began with."""
    fresh = Source.objects.select_for_update().get(pk=source.pk)
    for name, value in changes.items():
        setattr(fresh, name, value)
    fresh.full_clean()
    fresh.save(update_fields=[*changes, "updated_at"])
    log.info("source_changed", source=fresh.key, user_id=actor.pk, fields=sorted(changes))
    return fresh


def take_note(*, run: ImportRun, actor: Any) -> None:
    """Somebody has seen that it failed or was unusual. Raises StaleState where somebody had before."""
    if not ImportRun.objects.filter(pk=run.pk, noticed_by__isnull=True).update(noticed_by=actor):
        raise StaleState(_("Somebody has taken note of this already."))
