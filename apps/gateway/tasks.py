from celery import shared_task
from django.utils import timezone

from apps.gateway.services import answers, delivering


@shared_task(name="gateway.forget_answers")
def forget_answers(**kwargs: object) -> None:
    answers.forget_old(at=timezone.now())


@shared_task(name="gateway.deliver_webhooks")
def deliver_webhooks(**kwargs: object) -> None:
    delivering.deliver_due(clock=timezone.now)


@shared_task(name="gateway.forget_deliveries")
def forget_deliveries(**kwargs: object) -> None:
    delivering.forget_old(at=timezone.now())
