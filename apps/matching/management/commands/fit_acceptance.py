from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.core import parameters
from apps.matching.engine.acceptance_model import AcceptanceModel
from apps.matching.engine.calibration import Evaluation
from apps.matching.engine.fitting import MINIMUM, TERMS
from apps.matching.models import AcceptanceFit
from apps.matching.services import acceptance


class Command(BaseCommand):
    help = "Learn the expected acceptance from all answers so far; also runs every night."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        smoothing = parameters.current(at=now).acceptance_smoothing
        fit = acceptance.fit(at=now, smoothing=smoothing)
        self.stdout.write(f"answered={fit.asked_count} accepted={fit.accepted_count}")
        self._write_model(fit)
        if fit.evaluation:
            self._write_evaluation(Evaluation.from_dict(fit.evaluation))

    def _write_model(self, fit: AcceptanceFit) -> None:
        model = AcceptanceModel.from_dict(fit.model)
        if not fit.is_estimated:
            self.stdout.write(f"fewer than {MINIMUM} answers: the usual factors hold")
        self.stdout.write(" ".join(f"{name}={getattr(model, name):g}" for name in TERMS))

    def _write_evaluation(self, found: Evaluation) -> None:
        self.stdout.write(
            f"held_out={found.count} brier={found.brier:.4f} "
            f"brier_plain_average={found.brier_plain_average:.4f} skill={found.skill:.3f} "
            f"calibration_error={found.calibration_error:.4f}"
        )
