from celery import shared_task
from django.utils import timezone

from apps.intake.services import retention


@shared_task(name="intake.empty_old")
def empty_old(**kwargs: object) -> None:
    retention.empty_old(at=timezone.now())
