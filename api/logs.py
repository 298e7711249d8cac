"""Logs go to stderr, one line each; what a command prints stays free of them."""

import logging
import sys

import structlog

CHATTY = ("httpx", "httpcore", "chromadb", "sentence_transformers", "transformers", "alembic")


def configure(level: str) -> None:
    """`level` as in the logging module; libraries are heard from warnings upwards. The latest call counts."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
