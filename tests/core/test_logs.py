"""What reaches the log, read as the line that would be written."""

import json
import logging
from typing import Any

import pytest
import structlog
from celery.app.trace import logger as celery_logger
from django.db import IntegrityError, transaction
from django.test import Client

from apps.core import logs
from apps.patients.models import Consent
from tests.factories.patients import PatientFactory

CANARY = "Kanarienvogel"


class Lines(logging.Handler):
    """Keeps the finished lines."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.line_formatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def lines() -> Any:
    handler, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def test_line_is_json_with_time_and_level(lines: Lines) -> None:
    structlog.get_logger("test").info("round_planned", round_id=7)
    [event] = lines.events
    assert event.pop("timestamp").startswith("20")
    assert event == {"event": "round_planned", "level": "info", "round_id": 7}


@pytest.mark.parametrize("key", sorted(logs.PRIVATE_KEYS))
def test_private_keys_are_dropped(key: str, lines: Lines) -> None:
    structlog.get_logger("test").info("done", **{key: CANARY}, count=3)
    assert CANARY not in lines.lines[0]
    assert key not in lines.events[0]
    assert lines.events[0]["count"] == 3


def test_private_keys_of_the_context_are_dropped_too(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(patient=CANARY, request_id="r1"):
        structlog.get_logger("test").info("done")
    assert lines.events[0]["request_id"] == "r1"
    assert CANARY not in lines.lines[0]


def test_records_of_other_libraries_have_the_same_form(lines: Lines) -> None:
    logging.getLogger("somebody").warning("%s of %s", 2, 3)
    assert lines.events[0]["event"] == "2 of 3"
    assert lines.events[0]["level"] == "warning"


def fail(name: str) -> None:
    person = {"last_name": name}
    raise ValueError(f"{person['last_name']} is no number")


@pytest.mark.parametrize("logger", [structlog.get_logger("test"), logging.getLogger("somebody")])
def test_exception_is_told_by_type_and_place_only(logger: Any, lines: Lines) -> None:
    try:
        fail(CANARY)
    except ValueError:
        logger.exception("task_failed")
    assert CANARY not in lines.lines[0]
    [stack] = lines.events[0]["exception"]
    assert (lines.events[0]["event"], stack["exc_type"], stack["exc_value"]) == (
        "task_failed",
        "ValueError",
        "",
    )
    assert [frame["name"] for frame in stack["frames"]] == [
        "test_exception_is_told_by_type_and_place_only",
        "fail",
    ]


@pytest.mark.django_db
def test_row_quoted_by_the_database_stays_out(lines: Lines) -> None:
    consent = PatientFactory(consents=["email"]).consents.get()
    try:
        with transaction.atomic():
            Consent.objects.filter(pk=consent.pk).update(purpose="x", proof=CANARY)
    except IntegrityError as error:
        assert CANARY in str(error)  # "Failing row contains (…)"
        structlog.get_logger("test").error("failed", exc_info=error)
    assert CANARY not in lines.lines[0]
    assert lines.events[0]["exception"][0]["exc_type"] == "IntegrityError"


def test_failure_of_a_task_names_the_task_and_not_the_words(lines: Lines) -> None:
    try:
        fail(CANARY)
    except ValueError as error:
        context = {"name": "events.dispatch", "id": "1", "description": "raised", "exc": repr(error)}
        celery_logger.error("Task %(name)s[%(id)s] %(description)s: %(exc)s", context, exc_info=True)
    assert CANARY not in lines.lines[0]
    assert lines.events[0]["task"] == "events.dispatch"


@pytest.mark.django_db
def test_search_words_stay_out_of_the_log(viewer_client: Client, lines: Lines) -> None:
    assert viewer_client.get("/search/", {"q": CANARY}).status_code == 200
    assert [event["event"] for event in lines.events] == ["request_started", "request_finished"]
    assert {event["request"] for event in lines.events} == {"GET /search/"}
    assert CANARY not in "".join(lines.lines)


@pytest.mark.django_db
def test_token_of_a_reply_link_stays_out_of_the_log(client: Client, lines: Lines) -> None:
    token = f"IkEtSzdNNFFYIg:1vNAbc:{'x' * 40}"
    assert client.get(f"/reply/{token}/").status_code == 404
    assert {event["request"] for event in lines.events if "request" in event} == {"GET /reply/…/"}
    assert token not in "".join(lines.lines)


@pytest.mark.parametrize(
    ("request_line", "plain"),
    [
        ("GET /patients/?q=Linde&page=2", "GET /patients/"),
        (
            "POST /patients/12/consents/health_data/withdraw/",
            "POST /patients/12/consents/health_data/withdraw/",
        ),
        (f"GET /reply/{'a' * 32}/no-more/", "GET /reply/…/no-more/"),
    ],
)
def test_address_is_kept_without_words_and_tokens(request_line: str, plain: str) -> None:
    assert logs.plain_address(request_line) == plain
