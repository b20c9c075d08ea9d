"""Learn the expected acceptance from all answers so far and put the result in force."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from apps.matching.engine import fitting
from apps.matching.engine.acceptance_history import History
from apps.matching.engine.records import Parameters
from apps.matching.models import AcceptanceFit
from apps.matching.selectors import acceptance

KEPT_FITS = 30  # enough to see how the figures moved; older ones go


def fit(*, at: datetime, smoothing: float) -> AcceptanceFit:
    """Fit on every answered request and store the result, which is in force from then on.

    `smoothing` is the operating parameter acceptance_smoothing.
    """
    past = acceptance.history()
    result = fitting.fit(past, Parameters().prior_acceptance, smoothing)
    with transaction.atomic():
        stored = _store(past, result, at)
        _forget_old()
    return stored


def _store(past: History, result: fitting.Fit, at: datetime) -> AcceptanceFit:
    return AcceptanceFit.objects.create(
        fitted_at=at,
        asked_count=len(past),
        accepted_count=int(past.is_accepted.sum()),
        is_estimated=result.is_estimated,
        model=asdict(result.model),
        evaluation=asdict(result.evaluation) if result.evaluation else None,
    )


def _forget_old() -> None:
    kept = AcceptanceFit.objects.values_list("pk", flat=True)[:KEPT_FITS]
    AcceptanceFit.objects.exclude(pk__in=list(kept)).delete()
