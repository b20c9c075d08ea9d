from celery import shared_task
from django.utils import timezone

from apps.patients.services import duplicates


@shared_task(name="patients.find_duplicates")
def find_duplicates(**kwargs: object) -> None:
    duplicates.scan(at=timezone.now())
