from celery import shared_task
from django.utils import timezone

from apps.communication.services import sending


@shared_task(name="communication.send_queue")
def send_queue(**kwargs: object) -> None:
    sending.send_queue(at=timezone.now())


@shared_task(name="communication.free_stuck")
def free_stuck(**kwargs: object) -> None:
    sending.free_stuck(at=timezone.now())
