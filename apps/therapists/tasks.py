from celery import shared_task
from django.utils import timezone

from apps.therapists.services import duplicates, status


@shared_task(name="therapists.unblock_due")
def unblock_due(**kwargs: object) -> None:
    status.unblock_due(today=timezone.localdate(), at=timezone.now())


@shared_task(name="therapists.find_duplicates")
def find_duplicates(**kwargs: object) -> None:
    at = timezone.now()
    duplicates.scan_therapists(at=at)
    duplicates.scan_practices(at=at)
