from celery import shared_task
from django.utils import timezone

from apps.scraping.services import bulk, working, working_up


@shared_task(name="scraping.work_off_runs")
def work_off_runs(**kwargs: object) -> None:
    working.work_off(clock=timezone.now)


@shared_task(name="scraping.queue_due")
def queue_due(**kwargs: object) -> None:
    working.queue_due(at=timezone.now())


@shared_task(name="scraping.work_up_runs")
def work_up_runs(**kwargs: object) -> None:
    working_up.work_up_ended(clock=timezone.now)


@shared_task(name="scraping.work_off_decisions")
def work_off_decisions(**kwargs: object) -> None:
    bulk.work_off(clock=timezone.now)
