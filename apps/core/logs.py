"""One line per log event, as JSON. Nothing a person typed is ever logged."""

import logging

import structlog

# Keys that could carry what somebody typed. They are dropped, not masked: length tells too.
PRIVATE_KEYS = frozenset(
    {"body", "data", "email", "name", "note", "params", "password", "patient", "phone", "query"}
)


def redact(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drop private keys from every event."""
    return {key: value for key, value in event.items() if key not in PRIVATE_KEYS}


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

# Without local variables: they hold names and what was typed.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def line_formatter() -> logging.Formatter:
    """Formatter for the logging settings: structlog's and other libraries' records alike."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=PROCESSORS,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            TRACEBACKS,
            structlog.processors.JSONRenderer(),
        ],
    )
