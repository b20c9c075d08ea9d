from celery import shared_task
from django.utils import timezone

from apps.core import changes


@shared_task(name="core.forget_changes")
def forget_changes(**kwargs: object) -> None:
    changes.forget_old(at=timezone.now())
