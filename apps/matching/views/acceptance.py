"""How the expected acceptance is worked out, and how right it was."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.permissions import viewing
from apps.core import parameters as operating
from apps.matching import acceptance_terms, reliability
from apps.matching.engine import records
from apps.matching.engine.acceptance_model import NO_FIT, AcceptanceModel
from apps.matching.engine.calibration import Evaluation
from apps.matching.engine.fitting import MINIMUM
from apps.matching.models import AcceptanceFit
from apps.matching.selectors.acceptance import newest_fit


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    fit = newest_fit()
    context = {"fit": fit, "minimum": MINIMUM, **_model_context(fit), **_evaluation_context(fit)}
    return render(request, "matching/acceptance.html", context)


def _model_context(fit: AcceptanceFit | None) -> dict[str, Any]:
    model = AcceptanceModel.from_dict(fit.model) if fit else NO_FIT
    average = model.overall(records.Parameters().prior_acceptance)
    smoothing = operating.current(at=timezone.now()).acceptance_smoothing
    return {
        "model": model,
        "average_percent": average * 100,
        "strength": smoothing if model.therapist_strength is None else model.therapist_strength,
        "terms": acceptance_terms.terms(model, average),
        "regions": acceptance_terms.region_rows(model),
    }


def _evaluation_context(fit: AcceptanceFit | None) -> dict[str, Any]:
    if fit is None or fit.evaluation is None:
        return {"evaluation": None}
    found = Evaluation.from_dict(fit.evaluation)
    return {
        "evaluation": found,
        "skill_percent": found.skill * 100,
        "error_points": found.calibration_error * 100,
        "plot": reliability.draw(found.bins),
        "bins": acceptance_terms.bin_rows(found.bins),
    }
