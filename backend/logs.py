"""Structured logs on standard error: one line per event, no secret and no whole phone number in any of them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Literal

import structlog

SECRET_KEY = re.compile(r"secret|token|ticket|passw|authorization|cookie|credential|api_?key", re.IGNORECASE)
SECRET_TEXT = re.compile(
    r"""(?P<before>://[^\s:/@]*:(?=[^\s/]*@)|\bBearer\s+|/hooks/|(?:secret|token|ticket|password|[?&]code)["']?\s*[=:]\s*["']?)[^\s"'&@,}]+""",
    re.IGNORECASE,
)
PHONE_KEY = re.compile(r"phone|client|caller|^did$|number|callerid|dialled", re.IGNORECASE)
SECRET_SHAPE = re.compile(
    r"(?P<before>/recordings/\d+/(?:upload/)?|/callback/[^\s/?]+/)[^\s/?\"'<>\])}]+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\bgAAAAA[\w=-]+"
)
"""What opens something by its shape alone: addresses that are a secret, JSON web tokens, Fernet's."""
PHONE_TEXT = re.compile(
    r"\+\d[\d ()-]{5,17}\d"
    r"|(?<![A-Za-z0-9.])\d{11,15}(?![A-Za-z0-9]|\.\d)"  # also within the name of a recording
    r"|(?<![A-Za-z0-9.])[3-9]\d{9}(?![A-Za-z0-9]|\.\d)"  # a national one; what begins with 1 or 2 is a moment
    r"|(?<![\w.-])[78]?[ -]?\(?\d{3}\)?[ -]\d{3}[ -]?\d\d[ -]?\d\d(?![\w-]|\.\d)"
)
PLAIN_KEYS = frozenset({"timestamp", "level", "logger", "account", "call"})
"""What tells events apart: a call's id looks like a number and is none."""
HIDDEN = "***"
DEEPEST = 6  # nested values below this are not printed


def configure(log_format: Literal["json", "text"], level: int = logging.INFO) -> None:
    """Send our events and the libraries' own log lines through one chain."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    drop = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared], processors=[drop, _renderer(log_format)]
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("procrastinate", "alembic.runtime.plugins", "asyncssh"):  # each drain twice, each step of a login
        logging.getLogger(chatty).setLevel(logging.WARNING)


def adopt(logger: str) -> None:
    """What a library prints by itself goes through our chain too."""
    theirs = logging.getLogger(logger)
    theirs.handlers.clear()
    theirs.propagate = True


def about(**ids: object) -> AbstractContextManager[None]:
    """Name what the events within are about: `with about(account=7, call="1700000000.12"):`."""
    return structlog.contextvars.bound_contextvars(**ids)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: secrets become ***, phone numbers keep their last 4 digits."""
    return {key: value if key in PLAIN_KEYS else _safe(key, value, DEEPEST) for key, value in event.items()}


def mask_phone(number: str) -> str:
    """`***4567` of any spelling of a number; short internal numbers stay as they are."""
    digits = re.sub(r"\D", "", number)
    return HIDDEN + digits[-4:] if len(digits) > 6 else number


def mask_text(text: str) -> str:
    """Anybody's words without secrets and whole numbers."""
    return _safe_text("", text)


def masked(value: Any) -> Any:
    """A whole JSON value as it may leave the house, however deep: what is called a secret is none any more."""
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if SECRET_KEY.search(str(name)) and isinstance(inner, str) and inner
            else inner if name in PLAIN_KEYS else masked(inner)
            for name, inner in value.items()
        }  # fmt: skip
    if isinstance(value, list | tuple):
        return [masked(each) for each in value]
    return mask_text(value) if isinstance(value, str) else value


def _safe(key: str, value: Any, depth: int) -> Any:
    if key.startswith("_"):
        return value  # structlog's own, dropped before rendering
    if SECRET_KEY.search(key):
        return HIDDEN if value else value
    if isinstance(value, str | bytes):
        return _safe_text(key, value if isinstance(value, str) else value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {name: _safe(str(name), inner, depth - 1) for name, inner in value.items()} if depth else HIDDEN
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(key, inner, depth - 1) for inner in value] if depth else HIDDEN
    if isinstance(value, int) and PHONE_KEY.search(key):
        return mask_phone(str(value))
    return value if isinstance(value, int | float | None) else _safe_text(key, repr(value))


def _safe_text(key: str, text: str) -> str:
    if PHONE_KEY.search(key):
        text = re.sub(r"\+?\d[\d ()-]{5,}\d", lambda found: mask_phone(found[0]), text)
    hidden = SECRET_TEXT.sub(lambda found: found["before"] + HIDDEN, text)
    hidden = SECRET_SHAPE.sub(lambda found: (found["before"] or "") + HIDDEN, hidden)
    return PHONE_TEXT.sub(lambda found: mask_phone(found[0]), hidden)


def _renderer(log_format: str) -> structlog.types.Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
