from celery import shared_task
from django.utils import timezone

from apps.events import services


@shared_task(name="events.dispatch")
def dispatch(**kwargs: object) -> None:
    services.dispatch(at=timezone.now())
