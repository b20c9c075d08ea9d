from celery import shared_task
from django.utils import timezone

from apps.gateway.services import answers


@shared_task(name="gateway.forget_answers")
def forget_answers(**kwargs: object) -> None:
    answers.forget_old(at=timezone.now())
