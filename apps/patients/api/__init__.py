"""The patients part of the HTTP interface."""

from apps.gateway.enums import Scope
from apps.gateway.file_imports import Files
from apps.gateway.routing import Endpoints
from apps.patients.api import availability, consents, health, patient, patients, questions, therapy

# The questions before the others: their words stand where the others have an id.
for part in (questions, patient, availability, consents, health, therapy):
    patients.endpoints.add_router("", part.endpoints)
# Files of patients hold health data, and so do the rows that were rejected.
files = Files("patients", "patient", reading=Scope.HEALTH_READ, writing=Scope.HEALTH_WRITE)
ROUTERS: dict[str, Endpoints] = {"/patients": patients.endpoints, "/patient-imports": files.endpoints()}
