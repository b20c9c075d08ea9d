"""The patients part of the HTTP interface."""

from apps.gateway.routing import Endpoints
from apps.patients.api import availability, consents, health, patient, patients, questions, therapy

# The questions before the others: their words stand where the others have an id.
for part in (questions, patient, availability, consents, health, therapy):
    patients.endpoints.add_router("", part.endpoints)
ROUTERS: dict[str, Endpoints] = {"/patients": patients.endpoints}
