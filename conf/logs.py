"""Log lines: one JSON object each, with the ids of request, tenant and job; never content, never secrets."""

from __future__ import annotations

import logging.config
from typing import Any

import structlog

_STAMPS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configuration(level: str) -> dict[str, Any]:
    """The logging configuration for the standard library, gunicorn's loggers included."""
    rendering = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _STAMPS,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    }
    quiet = {name: {"level": "WARNING"} for name in ("httpx", "httpcore", "pdfminer", "werkzeug")}
    quiet["elastic_transport"] = {"level": "ERROR"}  # what a lost node means is said once, by whoever asked it
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": rendering},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level.upper(), "handlers": ["console"]},
        "loggers": {**quiet, "gunicorn.error": {"level": level.upper(), "propagate": True}},
    }


def configure(level: str) -> None:
    """Send this process's log lines of `level` and above to standard error."""
    logging.config.dictConfig(configuration(level))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_STAMPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
