import time
from typing import Any

from celery import current_app
from celery.schedules import crontab
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils import timezone


class Command(BaseCommand):
    help = "Work off the timetable in this process, without Celery and Redis (development, small servers)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run every job once and end")
        parser.add_argument("--seconds", type=float, default=5, help="pause between two looks")

    def handle(self, *args: Any, **options: Any) -> None:
        current_app.loader.import_default_modules()  # what a worker does: makes the tasks known
        timetable = current_app.conf.beat_schedule
        if options["once"]:
            for entry in timetable.values():
                self._run(entry["task"])
            return
        due_at = dict.fromkeys(timetable, 0.0)
        while True:  # until the process is ended
            self._run_due(timetable, due_at)
            time.sleep(options["seconds"])

    def _run_due(self, timetable: dict[str, Any], due_at: dict[str, float]) -> None:
        for name, entry in timetable.items():
            if time.monotonic() >= due_at[name]:
                self._run(entry["task"])
                due_at[name] = time.monotonic() + self._pause(entry["schedule"])

    def _run(self, task: str) -> None:
        close_old_connections()
        try:
            current_app.tasks[task]()
        except Exception as error:  # one job's bug must not stop the others
            self.stderr.write(f"{task}: {type(error).__name__}")

    def _pause(self, schedule: Any) -> float:
        if isinstance(schedule, crontab):
            return float(schedule.remaining_estimate(timezone.now()).total_seconds())
        return float(schedule)
