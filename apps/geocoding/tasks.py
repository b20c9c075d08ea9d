from celery import shared_task
from django.utils import timezone

from apps.geocoding.services import jobs


@shared_task(name="geocoding.place_addresses")
def place_addresses(**kwargs: object) -> None:
    jobs.collect(at=timezone.now())
    jobs.work(clock=timezone.now)


@shared_task(name="geocoding.tidy")
def tidy(**kwargs: object) -> None:
    jobs.tidy(at=timezone.now())
