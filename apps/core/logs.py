"""One line per log event, as JSON. Nothing a person typed is ever logged."""

import logging
import re
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

# Keys that could carry what somebody typed. They are dropped, not masked: length tells too.
PRIVATE_KEYS = frozenset(
    {"body", "data", "email", "name", "note", "params", "password", "patient", "phone", "query"}
)

# A reply link or the link of a password reset: who reads it in the log could use it.
TOKEN_IN_PATH = re.compile(r"[^/\s]{32,}")


def redact(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drop private keys from every event, words and tokens from addresses."""
    if "request" in event:
        event["request"] = plain_address(str(event["request"]))
    return {key: value for key, value in event.items() if key not in PRIVATE_KEYS}


def plain_address(request: str) -> str:
    """ "GET /search/?q=Linde" → "GET /search/"; long parts of the path are links' tokens."""
    return TOKEN_IN_PATH.sub("…", request.partition("?")[0])


def without_words(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Of another library's failure keep the template: its arguments may be the words of an exception."""
    record, arguments = event.get("_record"), event.pop("positional_args", None)
    if record is not None and record.name == "django.request":  # "Not Found: /reply/…/"
        event["event"] = plain_address(str(event["event"]))
    elif record is not None and record.exc_info:
        event["event"] = str(record.msg)
        if isinstance(arguments, Mapping) and "name" in arguments:  # Celery: name of the task
            event["task"] = arguments["name"]
    return event


class _Traceback(ExceptionDictTransformer):
    """Types and places only. Local variables are rows, and PostgreSQL's messages quote whole rows."""

    def __init__(self) -> None:
        super().__init__(show_locals=False)

    def __call__(self, exc_info: Any) -> list[dict[str, Any]]:
        stacks = super().__call__(exc_info)
        for stack in stacks:
            stack["exc_value"], stack["exc_notes"] = "", []
            stack.pop("exceptions", None)
            stack["syntax_error"] = None
        return stacks


PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    redact,
]

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *PROCESSORS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


def line_formatter() -> logging.Formatter:
    """Formatter for the logging settings: structlog's and other libraries' records alike."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[without_words, *PROCESSORS],
        pass_foreign_args=True,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(_Traceback()),
            structlog.processors.JSONRenderer(),
        ],
    )
