"""Logs go to stderr, and carry nothing that is to be redacted; what a command prints stays free of them."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import structlog

CHATTY = ("httpx", "httpcore", "chromadb", "sentence_transformers", "transformers", "alembic")


def _as_it_is(line: str) -> str:
    return line


def configure(level: str, *, scrub: Callable[[str], str] = _as_it_is) -> None:
    """`level` as in the logging module; libraries are heard from warnings upwards. The latest call counts.

    Every line goes through `scrub`. Tracebacks show no values of variables: those would be requests and secrets.
    """
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.setLogRecordFactory(_scrubbing(scrub))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            lambda _, __, line: scrub(str(line)),  # the renderer before it made it text
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _scrubbing(scrub: Callable[[str], str]) -> Callable[..., logging.LogRecord]:
    """What libraries log: words, values and traceback, each before anyone formats it."""

    def plain(value: object) -> object:
        return value if isinstance(value, int | float) else scrub(str(value))

    def made(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)
        record.msg = scrub(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(map(plain, record.args))
        elif record.args:
            record.args = {name: plain(each) for name, each in record.args.items()}
        if record.exc_info:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
        return record

    return made
