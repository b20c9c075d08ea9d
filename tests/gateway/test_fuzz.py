"""Every operation with requests that nobody would write: no error of ours, no answer the document does not know.

`make fuzz` does the same with many more cases (FUZZ_CASES), and against a running server (FUZZ_URL, FUZZ_TOKEN).
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
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

CASES = int(os.environ.get("FUZZ_CASES", "3"))
URL = os.environ.get("FUZZ_URL", "")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

schema = schemathesis.openapi.from_dict(document())
if URL:
    schema.config.update(base_url=URL)
else:
    schema.app = get_wsgi_application()

seen: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def figures() -> Iterator[None]:
    yield
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(seen.items()))
    print(f"\nschemathesis: cases={seen.total()} by status {statuses}")  # noqa: T201


@pytest.fixture
def headers(request: pytest.FixtureRequest) -> dict[str, str]:
    """A token of a client that may do everything."""
    if URL:
        return {"Authorization": f"Bearer {os.environ['FUZZ_TOKEN']}"}
    request.getfixturevalue("db")
    at = timezone.now()
    client = clients.create(name="Fuzz", scopes=Scope.values, requests_per_minute=1_000_000)
    _token, secret = clients.issue_token(
        client=client, actor=None, at=at, expires_at=at + timedelta(days=1)
    )
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
    seen[str(response.status_code)] += 1
    case.validate_response(response, checks=CHECKS)
