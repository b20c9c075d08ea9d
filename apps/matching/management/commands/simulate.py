import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from apps.core import parameters as operating
from apps.core.csv_export import write_csv
from apps.core.parameters import Parameters
from apps.matching import simulation_report as report
from apps.matching.selectors.simulations import rules
from apps.matching.simulation.compare import MEDIANS, RIVAL, SUBJECT, compare
from apps.matching.simulation.sensitivity import Variation, vary
from apps.matching.simulation.settings import POLICIES, Settings

DEFAULTS = Settings()


class Command(BaseCommand):
    help = "Live through weeks of an invented agency with several ways of choosing whom to ask, and compare."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--weeks", type=int, default=DEFAULTS.weeks)
        parser.add_argument("--seeds", type=int, default=len(DEFAULTS.seeds), help="number of repetitions")
        parser.add_argument("--therapists", type=int, default=DEFAULTS.therapists)
        parser.add_argument("--waiting", type=int, default=DEFAULTS.waiting_at_start, help="at the start")
        parser.add_argument("--arrivals", type=float, default=DEFAULTS.arrivals_per_week, help="per week")
        parser.add_argument("--contacts", type=int, default=DEFAULTS.contacts_per_week, help="per week")
        parser.add_argument("--policy", action="append", choices=POLICIES, help="may be repeated")
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="an operating parameter"
        )
        parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="one picture per curve: FILE_….svg")
        parser.add_argument("--csv", type=Path, metavar="FILE")
        parser.add_argument("--json", type=Path, metavar="FILE")
        parser.add_argument(
            "--sensitivity", action="store_true", help="also halve and double contacts and therapists"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        settings = self._settings(options)
        with translation.override("en"):
            result = compare(settings, self._progress)
            self.stdout.write(report.text_table(result))
            self._write_files(result, settings, options)
            if options["sensitivity"]:
                self._vary(replace(settings, policies=(SUBJECT, RIVAL)))

    def _settings(self, options: dict[str, Any]) -> Settings:
        current = operating.current(at=timezone.now())
        changed = Parameters(current.version, current.values | dict(map(_parameter, options["set"])))
        try:
            return Settings(
                weeks=options["weeks"],
                arrivals_per_week=options["arrivals"],
                contacts_per_week=options["contacts"],
                therapists=options["therapists"],
                waiting_at_start=options["waiting"],
                policies=tuple(options["policy"] or POLICIES),
                seeds=tuple(range(1, options["seeds"] + 1)),
                rules=rules(parameters=changed, is_own_world=False),
            )
        except ValueError as error:
            raise CommandError(str(error)) from None

    def _progress(self, policy: str, week: int, seed: int) -> None:
        if week % 13 == 0:
            self.stderr.write(f"seed {seed}  {policy}  week {week}")

    def _write_files(self, result: report.Result, settings: Settings, options: dict[str, Any]) -> None:
        if path := options["csv"]:
            with path.open("w", encoding="utf-8", newline="") as file:
                write_csv(file, report.csv_lines(result))
        if path := options["json"]:
            text = json.dumps({"settings": settings.as_dict(), "result": result}, indent=1, sort_keys=True)
            path.write_text(text + "\n", encoding="utf-8")
        if path := options["plot"]:
            for picture in report.pictures(result):
                part = path.with_name(f"{path.stem}_{picture['name'].split('_')[0]}{path.suffix or '.svg'}")
                part.write_text(report.svg_file(picture), encoding="utf-8")

    def _vary(self, settings: Settings) -> None:
        self.stdout.write(
            "\ntherapists  contacts  weeks to acceptance, planner / two digits  sooner"
            "  weeks to place, planner / two digits  sooner"
        )
        for variation in vary(settings):
            self.stdout.write(_varied(variation))


def _parameter(text: str) -> tuple[str, Any]:
    """ "contact_pause_days=14" as name and value, checked against its limits."""
    name, _equals, value = text.partition("=")
    try:
        return name, operating.check(name, value)
    except ValidationError as error:
        raise CommandError(f"--set {text}: {' '.join(error.messages)}") from None


def _varied(variation: Variation) -> str:
    policies, sooner = variation.result["policies"], variation.result["sooner"][RIVAL]
    cells = [f"{variation.therapists:10}", f"{variation.contacts_per_week:8}"]
    for name, width in zip(MEDIANS, (42, 38), strict=True):
        ours, theirs = (report.written(policies[one]["figures"][name], "weeks") for one in (SUBJECT, RIVAL))
        mark = "≥ " if sooner[name]["is_lower_bound"] else ""
        gain = sooner[name]["median"]
        cells += [f"{ours} / {theirs}".rjust(width - 2), "unknown" if gain is None else f"{mark}{gain:.0%}"]
    return "  ".join(cells)
