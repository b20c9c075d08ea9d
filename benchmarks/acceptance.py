"""Is the expected acceptance right? A fit on an invented past, judged by the weeks after it.

Run alone: `python -m benchmarks.acceptance` prints the tables and redraws
docs/images/acceptance_reliability.svg. What the invented world hides: acceptance_life.py.
"""

import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from apps.matching import reliability
from apps.matching.engine.acceptance_history import History
from apps.matching.engine.calibration import Bin, Evaluation, brier
from apps.matching.engine.fitting import evaluate_from, fit_model
from apps.matching.engine.records import Parameters
from benchmarks.acceptance_life import FIRST_MONDAY, simulate

WEEKS, HELD_OUT_WEEKS = 104, 26
SEEDS = (1, 2, 3)
PICTURE = Path(__file__).parent.parent / "docs" / "images" / "acceptance_reliability.svg"
DEFAULTS = Parameters()
FACTS = (
    *("brier", "brier_plain_average", "brier_therapist_rate", "brier_defaults"),
    *("log_loss", "calibration_error"),
)


def run(size: str = "full") -> dict[str, float]:
    """Return the medians over SEEDS as flat figures. `size` small is a tenth, for a quick look."""
    lives = [life_of(size, seed) for seed in SEEDS]
    found = [judged(history) for history, _chance in lives]
    figures = {name: median(getattr(each, name) for each in found) for name in FACTS}
    figures["brier_skill"] = median(each.skill for each in found)
    figures["brier_hidden_chance"] = median(_score_of_truth(*life) for life in lives)
    figures["held_out_requests"] = median(each.count for each in found)
    figures["fit_seconds"] = _seconds_of_fit(lives[0][0])
    return {f"acceptance.{name}": round(value, 5) for name, value in figures.items()}


def life_of(size: str, seed: int) -> tuple[History, np.ndarray]:
    """A history and the hidden chance of each request."""
    share = 10 if size == "small" else 1
    return simulate(seed, therapists=3_000 // share, weeks=WEEKS, contacts=120 // share)


def first_held_out_day() -> int:
    return FIRST_MONDAY + 7 * (WEEKS - HELD_OUT_WEEKS)


def judged(history: History) -> Evaluation:
    """Fit on what was known before the last weeks began, predict them one after the other."""
    prior, smoothing = DEFAULTS.prior_acceptance, DEFAULTS.smoothing_strength
    found = evaluate_from(history, first_held_out_day(), prior, smoothing)
    assert found is not None
    return found


def table(figures: dict[str, float]) -> str:
    """The Brier scores side by side; the skill is the share of the plain average's score taken away."""
    plain = figures["acceptance.brier_plain_average"]
    rows = {
        "plain average": plain,
        "raw rate of the therapist": figures["acceptance.brier_therapist_rate"],
        "formula, nothing fitted": figures["acceptance.brier_defaults"],
        "fitted model": figures["acceptance.brier"],
        "hidden chance itself": figures["acceptance.brier_hidden_chance"],
    }
    lines = [f"{'prediction':28}{'Brier score':>12}{'skill':>10}"]
    lines += [f"{name:28}{score:12.5f}{1 - score / plain:10.1%}" for name, score in rows.items()]
    lines.append(f"calibration error {figures['acceptance.calibration_error']:.4f}")
    return "\n".join(lines)


def bins_table(bins: tuple[Bin, ...]) -> str:
    lines = [f"{'predicted':>10}{'observed':>10}{'range':>16}{'requests':>10}"]
    for row in bins:
        around = f"{row.low:.1%} - {row.high:.1%}"
        lines.append(f"{row.predicted:10.1%}{row.observed:10.1%}{around:>16}{row.count:10}")
    return "\n".join(lines)


def picture(bins: tuple[Bin, ...]) -> str:
    """The reliability plot as a file of its own, readable on light and dark pages."""
    plot = reliability.draw(bins)
    grid = "".join(
        f'<path d="M{plot.left} {tick.y}H{plot.right}M{tick.x} {plot.top}V{plot.bottom}" class="grid"/>'
        f'<text x="{plot.tick_x}" y="{tick.y + 4}" text-anchor="end">{tick.percent} %</text>'
        f'<text x="{tick.x}" y="{plot.tick_y}" text-anchor="middle">{tick.percent} %</text>\n'
        for tick in plot.ticks
    )
    dots = "".join(
        f'<path d="M{dot.x} {dot.low_y}V{dot.high_y}" class="range"/>'
        f'<circle cx="{dot.x}" cy="{dot.y}" r="{plot.radius}" class="dot"/>\n'
        for dot in plot.dots
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {plot.width} {plot.height}" role="img">\n'
        "<title>Expected acceptance: predicted chance and observed share, held-out weeks</title>\n"
        "<style>text{font:12px sans-serif;fill:#444}.grid{stroke:#ddd}.right{stroke:#888;"
        "stroke-dasharray:4 4}.range{stroke:#0f6b73;stroke-width:2}.dot{fill:#0f6b73}</style>\n"
        f'<rect width="{plot.width}" height="{plot.height}" fill="#fff"/>\n{grid}'
        f'<path d="M{plot.left} {plot.bottom}L{plot.right} {plot.top}" class="right"/>\n{dots}'
        f'<text x="{plot.middle_x}" y="{plot.height - 12}" text-anchor="middle">predicted chance</text>\n'
        f'<text transform="translate(14 {plot.middle_y}) rotate(-90)" text-anchor="middle">'
        "observed share of yes</text>\n</svg>\n"
    )


def _score_of_truth(history: History, chance: np.ndarray) -> float:
    """What remains for somebody who knows everything but the dice."""
    late = history.asked_on >= first_held_out_day()
    return brier(history.is_accepted[late], chance[late])


def _seconds_of_fit(history: History) -> float:
    def once() -> float:
        begin = perf_counter()
        fit_model(history, DEFAULTS.prior_acceptance, DEFAULTS.smoothing_strength)
        return perf_counter() - begin

    return median(once() for _repetition in range(3))


def main() -> None:
    figures = run()
    history = life_of("full", SEEDS[0])[0]
    found = judged(history)
    model = fit_model(history, DEFAULTS.prior_acceptance, DEFAULTS.smoothing_strength)
    factors = {
        name: value
        for name, value in vars(model).items()
        if name.endswith(("odds", "power", "strength")) or name == "overall_rate"
    }
    PICTURE.write_text(picture(found.bins), encoding="utf-8")
    lines = [*(f"{name}={value}" for name, value in figures.items()), ""]
    lines += [table(figures), "", bins_table(found.bins), "", str(factors), ""]
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
