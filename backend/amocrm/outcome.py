"""The result of an answer: its JSON, or one of the sorted errors. Pure; the table is the contract's §3.1 and §3.2."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from backend.amocrm import values
from backend.amocrm.errors import Need, NeedsPerson, Problem, Rejected, TryLater, Unclear
from backend.amocrm.requests import Request

LONGEST_WAIT = 3600.0  # seconds; a longer Retry-After is taken for a mistake
IP_NOT_ALLOWED = "113"  # legacy code of an account that lists its allowed addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as received. `retry_after` is the header's text, "" without one."""

    status: int
    body: bytes
    content_type: str = ""
    retry_after: str = ""
    trace: str | None = None

    @property
    def json(self) -> Any:
        """The body as JSON, None when it is not JSON, whatever the content type."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def result(request: Request, reply: Reply) -> Any:
    """The answer's JSON, or None for an empty answer. Raises TryLater, Unclear, NeedsPerson, Rejected."""
    if reply.status == 204 or (reply.status == 404 and request.is_read):
        return None
    if 200 <= reply.status < 300:
        return _parsed(request, reply)
    raise failure(request, reply)


def may_be_elsewhere(reply: Reply) -> bool:
    """A redirect or a 404 may mean that the account was renamed (contract §1.3, §1.6)."""
    return reply.status in (301, 302, 307, 308, 404)


def failure(request: Request, reply: Reply) -> TryLater | Unclear | NeedsPerson | Rejected:
    """The sorted error of an answer that is not a success."""
    need = _need(reply)
    if need is not None:
        return NeedsPerson(need, detail(reply), status=reply.status, trace=reply.trace)
    if reply.status in (429, 503) or (reply.status >= 500 and request.is_read):
        return TryLater(detail(reply), status=reply.status, trace=reply.trace, retry_after=retry_after(reply))
    if reply.status >= 500:
        return Unclear(detail(reply), status=reply.status, trace=reply.trace)
    return rejection(reply)


def rejection(reply: Reply) -> Rejected:
    return Rejected(detail(reply), status=reply.status, trace=reply.trace, problems=problems(reply.json))


def _need(reply: Reply) -> Need | None:
    """A 403 in HTML is the web server's ban, one in JSON a missing right (contract §3.1)."""
    if reply.status == 403 and (not isinstance(reply.json, dict) or IP_NOT_ALLOWED in detail(reply)):
        return Need.BLOCKED
    return {401: Need.REAUTHORISE, 402: Need.UNPAID, 403: Need.RIGHTS}.get(reply.status)


def _parsed(request: Request, reply: Reply) -> Any:
    if not reply.body.strip():
        return None
    if reply.json is not None:
        return reply.json
    broken = f"{reply.status} with a body that is not JSON"
    if request.is_read:
        raise TryLater(broken, status=reply.status, trace=reply.trace)
    raise Unclear(broken, status=reply.status, trace=reply.trace)


def detail(reply: Reply) -> str:
    """amoCRM's own text, shortened; a body that is not JSON is not quoted."""
    given = values.mapping(reply.json)
    words = (values.text(given.get(key)) for key in ("title", "hint", "detail"))
    return ": ".join(word for word in words if word)[:500] or f"HTTP {reply.status}"


def retry_after(reply: Reply) -> float | None:
    """Seconds, from the header or the body's field, never more than an hour."""
    given = values.number(reply.retry_after) or values.number(values.mapping(reply.json).get("retry_after"))
    return min(float(given), LONGEST_WAIT) if given and given > 0 else None


def problems(body: Any) -> tuple[Problem, ...]:
    """Every validation error of every item of the batch."""
    return tuple(
        Problem(
            request_id=values.text(item.get("request_id")),
            code=values.text(error.get("code")),
            path=values.text(error.get("path")),
            detail=values.text(error.get("detail")),
        )
        for item in values.items(values.mapping(body).get("validation-errors"))
        for error in values.items(item.get("errors"))
    )
