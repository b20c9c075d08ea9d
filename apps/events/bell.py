"""Ringing Celery after commit. A lost ring costs seconds: the beat's sweep finds the row."""

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def ring(task: str, **kwargs: object) -> None:
    """Send `task` once the transaction has committed; ids only, never data."""
    if settings.CELERY_BROKER_URL:
        transaction.on_commit(lambda: _send(task, kwargs))


def _send(task: str, kwargs: dict[str, object]) -> None:
    try:
        current_app.send_task(task, kwargs=kwargs, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("bell_not_heard", task=task, error=type(error).__name__)
