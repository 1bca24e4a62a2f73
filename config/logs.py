"""Log lines: one JSON object each, with an event, the request's id and ids; readable lines when DEBUG."""

import logging.config
from typing import Any, TypedDict

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.redaction import redact

# These speak at each request or task where our own lines say the same.
QUIET = ("celery.app.trace", "celery.worker.strategy", "django.server", "django.request")


class LogOptions(TypedDict):
    """What settings.LOGGING says."""

    level: str
    readable: bool


def configure(options: LogOptions) -> None:
    """Send structlog's and the standard library's lines through the same processors to standard error."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(logging_config(options))


def logging_config(options: LogOptions) -> dict[str, Any]:
    """Describe the standard library's logging: everything goes to the root's one handler."""
    renderer: list[Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if options["readable"]
        else [
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(default=str),
        ]
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        "foreign_pre_chain": [*_shared(), structlog.stdlib.ExtraAdder()],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": options["level"]},
        "loggers": {name: {"level": "ERROR"} for name in QUIET},
    }


def hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Take secrets, cards and full e-mail addresses out of a line."""
    redacted: EventDict = redact(event)
    return redacted


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
