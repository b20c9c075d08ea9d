from celery import shared_task
from django.utils import timezone

from apps.therapists.services import status


@shared_task(name="therapists.unblock_due")
def unblock_due(**kwargs: object) -> None:
    status.unblock_due(today=timezone.localdate(), at=timezone.now())
