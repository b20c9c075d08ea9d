"""Ringing Celery after commit. A lost ring costs seconds: the beat's sweep finds the row."""

from dataclasses import dataclass

import structlog
from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Ring:
    """Comparable, so that one transaction rings for a task only once however many rows it wrote."""

    task: str

    def __call__(self) -> None:
        try:
            current_app.send_task(self.task, retry=False)
        except (OperationalError, OSError) as error:
            log.warning("bell_not_heard", task=self.task, error=type(error).__name__)


def ring(task: str) -> None:
    """Send `task` once the transaction has committed."""
    if not settings.CELERY_BROKER_URL:
        return
    bell = _Ring(task)
    if all(waiting != bell for _savepoints, waiting, _robust in connection.run_on_commit):
        transaction.on_commit(bell)
