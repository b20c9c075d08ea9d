from celery import shared_task
from django.utils import timezone

from apps.core import parameters
from apps.matching.services import (
    acceptance,
    follow_up,
    match_runs,
    patient_news,
    recheck,
    searches,
    simulations,
    travel,
)


@shared_task(name="matching.resume_due_searches")
def resume_due_searches(**kwargs: object) -> None:
    searches.resume_due(today=timezone.localdate(), at=timezone.now())


@shared_task(name="matching.follow_up_due")
def follow_up_due(**kwargs: object) -> None:
    follow_up.follow_up_due(at=timezone.now())


@shared_task(name="matching.send_status_letters")
def send_status_letters(**kwargs: object) -> None:
    patient_news.send_status_letters(at=timezone.now())


@shared_task(name="matching.expire_due")
def expire_due(**kwargs: object) -> None:
    follow_up.expire_due(at=timezone.now())


@shared_task(name="matching.recheck_unsent")
def recheck_unsent(**kwargs: object) -> None:
    recheck.recheck_all(at=timezone.now(), today=timezone.localdate())


@shared_task(name="matching.run_simulations")
def run_simulations(**kwargs: object) -> None:
    simulations.fail_stuck(at=timezone.now())
    simulations.work(clock=timezone.now)


@shared_task(name="matching.fit_acceptance")
def fit_acceptance(**kwargs: object) -> None:
    now = timezone.now()
    acceptance.fit(at=now, smoothing=parameters.current(at=now).acceptance_smoothing)


@shared_task(name="matching.measure_travel")
def measure_travel(**kwargs: object) -> None:
    travel.measure(clock=timezone.now)


@shared_task(name="matching.start_match_run")
def start_match_run(**kwargs: object) -> None:
    match_runs.start(at=timezone.now())


@shared_task(name="matching.match_shards")
def match_shards(**kwargs: object) -> None:
    while match_runs.work(clock=timezone.now):
        pass
