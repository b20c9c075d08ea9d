from celery import shared_task
from django.utils import timezone

from apps.communication.services import mailboxes, sending


@shared_task(name="communication.send_queue")
def send_queue(**kwargs: object) -> None:
    sending.send_queue(at=timezone.now())


@shared_task(name="communication.free_stuck")
def free_stuck(**kwargs: object) -> None:
    sending.free_stuck(at=timezone.now())


@shared_task(name="communication.poll_mailbox")
def poll_mailbox(**kwargs: object) -> None:
    mailboxes.poll(clock=timezone.now)


@shared_task(name="communication.reconcile")
def reconcile(**kwargs: object) -> None:
    mailboxes.reconcile(clock=timezone.now)
