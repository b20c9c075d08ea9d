from celery import shared_task
from django.utils import timezone

from apps.core import changes
from apps.core.merging import undo


@shared_task(name="core.forget_changes")
def forget_changes(**kwargs: object) -> None:
    changes.forget_old(at=timezone.now())


@shared_task(name="core.forget_merges")
def forget_merges(**kwargs: object) -> None:
    undo.forget_old(at=timezone.now())
