"""Structured logs. Ids yes; message text and tokens never."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

import structlog

Form = Literal["json", "console"]

_SHAPES = (
    r"(?<![a-zA-Z0-9])(?:xoxe\.)?xox[a-z]-[\w-]+|(?<![a-zA-Z0-9])xapp-[\w-]+|(?<![a-zA-Z0-9])sk-[\w-]{8,}"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|(?<=Bearer )[\w.~+/=-]{8,}"
)
"""What looks like a token, or like the name and password of a URL, whoever it belongs to."""

_SHORTEST_SECRET = 6
"""Characters; a shorter one would blank out ordinary words."""

_PRIVATE = frozenset({"text", "prompt", "messages", "token", "password", "authorization"})


def configure(level: str = "INFO", form: Form = "console", secrets: Iterable[str] = ()) -> None:
    """Send every log line, ours and the libraries', to standard error in one form; `secrets` are blanked out of it.

    An exception that nobody catches is such a line too.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    last = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    forming: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last, masking(secrets)]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=forming, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("LiteLLM", "httpx", "slack_bolt", "slack_sdk", "apscheduler", "aiohttp.access", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    sys.excepthook = _crashed


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for events: `log.info("declined", reason=...)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def about(**ids: str) -> AbstractContextManager[None]:
    """Every line of the block, and of the tasks begun in it, names the workspace and the task it is about."""
    return structlog.contextvars.bound_contextvars(**ids)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drop message text."""
    for key in _PRIVATE & event.keys():
        event[key] = "[not logged]"
    return event


def masking(secrets: Iterable[str]) -> Callable[[Any, str, str], str]:
    """Blanks these and what looks like one out of a finished line, where neither an exception nor a library hides them."""
    written = {form for secret in secrets if len(secret) >= _SHORTEST_SECRET for form in _spellings(secret)}
    known = [re.escape(form) for form in sorted(written, key=len, reverse=True)]
    pattern = re.compile("|".join([*known, _SHAPES]))
    return lambda _, __, line: pattern.sub("[redacted]", line)


def _spellings(secret: str) -> set[str]:
    """As it is, as JSON and as Python write it, as a URL holds it."""
    in_json = json.dumps(secret)[1:-1]
    return {secret, in_json, repr(secret)[1:-1], json.dumps(repr(secret)[1:-1])[1:-1], quote(secret, safe="")}


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, Exception):
        get("bot").critical("crashed", exc_info=(kind, error, trace))
    else:
        sys.__excepthook__(kind, error, trace)
