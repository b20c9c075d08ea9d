from celery import shared_task
from django.utils import timezone

from apps.core.imports.services import keeping, working


@shared_task(name="imports.work_off")
def work_off(**kwargs: object) -> None:
    """One file, or a slice of a large one; the bell or the sweep rings again for the next."""
    working.work(clock=timezone.now)


@shared_task(name="imports.forget_old")
def forget_old(**kwargs: object) -> None:
    keeping.forget_old(at=timezone.now())
