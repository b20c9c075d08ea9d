"""Requests that nobody would write, to every operation: no error of ours, no answer that is not documented.

`make fuzz` does the same with many more cases (FUZZ_CASES), then at a running server (FUZZ_URL, FUZZ_TOKEN).
"""

import os
import warnings
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.gateway.document import document
from apps.gateway.enums import Scope
from apps.gateway.services import clients
from tests.gateway import fuzzing

CASES = int(os.environ.get("FUZZ_CASES", "3"))
URL = os.environ.get("FUZZ_URL", "")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

schema = schemathesis.openapi.from_dict(document())
schema.config.phases.coverage.enabled = CASES >= 10  # the boundary cases: about seventy per operation
if URL:
    schema.config.update(base_url=URL)
else:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="No directory at")  # static files nobody has collected
        schema.app = get_wsgi_application()


@pytest.fixture(autouse=True)
def connection_stays() -> Iterator[None]:
    """A request in process must not close the connection that the test's transaction lives on."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def headers(db: None) -> dict[str, str]:
    """A token of a client that may do everything."""
    if URL:
        return {"Authorization": f"Bearer {os.environ['FUZZ_TOKEN']}"}
    at = timezone.now()
    client = clients.create(name="Fuzz", scopes=Scope.values, requests_per_minute=1_000_000)
    _token, secret = clients.issue_token(client=client, actor=None, at=at, expires_at=at + timedelta(days=1))
    return {"Authorization": f"Bearer {secret}"}


@schema.parametrize()
@settings(
    max_examples=CASES,
    derandomize=CASES < 10,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_operation_bears_anything(case: Any, headers: dict[str, str]) -> None:
    response = case.call(headers=headers)
    fuzzing.statuses[response.status_code] += 1
    fuzzing.operations.add(case.operation.label)
    case.validate_response(response, checks=CHECKS)
