from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.core.errors import DomainError
from apps.matching.services import searches
from apps.patients.enums import PatientStatus
from apps.patients.models import Patient


class Command(BaseCommand):
    help = "Open a search for every registered patient whose prerequisites are met; say what others lack."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        waiting = list(Patient.objects.filter(status=PatientStatus.OPEN).order_by("id"))
        opened = sum(self._open(patient, now) for patient in waiting)
        self.stdout.write(f"opened={opened} lacking={len(waiting) - opened}")

    def _open(self, patient: Patient, now: Any) -> bool:
        try:
            searches.open_search(patient=patient, actor=None, at=now, today=timezone.localdate(now))
        except DomainError as error:
            self.stdout.write(f"{patient.case_code}  {error.message}")
            return False
        return True
