"""An answer as it came, and what comes of it: its JSON, or one of the sorted errors. Pure; the table is `meanings`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from backend.amocrm import values
from backend.amocrm.errors import NeedsPerson, Problem, Rejected, TryLater, Unclear, Unexplained
from backend.amocrm.meanings import AnswerFacts, Meaning, row_of
from backend.amocrm.requests import Request

LONGEST_WAIT = 3600.0  # seconds; a longer Retry-After is a mistake we do not follow


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

    @property
    def problem(self) -> dict[str, Any]:
        """amoCRM's own problem JSON; {} for whatever else a server on the way may say."""
        body = values.mapping(self.json)
        is_titled = bool(values.text(body.get("title"))) and values.number(body.get("status")) == self.status
        return body if is_titled or "validation-errors" in body else {}


def result(request: Request, reply: Reply) -> Any:
    """The answer's JSON, or None for "nothing there". Raises TryLater, Unclear, NeedsPerson, Rejected."""
    row = row_of(facts(reply))
    meaning = row.to(request.way)
    if meaning in (Meaning.DONE, Meaning.NOTHING):
        return reply.json if meaning is Meaning.DONE else None
    if row.need:
        raise NeedsPerson(row.need, detail(reply), status=reply.status, trace=reply.trace)
    if meaning is Meaning.REFUSED:
        raise rejection(reply)
    raise doubt(reply, meaning)


def facts(reply: Reply) -> AnswerFacts:
    found = problems(reply.problem)
    return AnswerFacts(
        status=reply.status,
        is_json=reply.json is not None,
        is_empty=not reply.body.strip(),
        is_problem=bool(reply.problem),
        names_field=any(each.path for each in found),
        codes=_codes(reply, found),
        detail=values.text(reply.problem.get("detail")).lower(),
    )


def doubt(reply: Reply, meaning: Meaning) -> TryLater | Unclear:
    """What did not come out, and may yet."""
    told = {"status": reply.status, "trace": reply.trace}
    if meaning is Meaning.LATER:
        return TryLater(detail(reply), retry_after=retry_after(reply), **told)  # type: ignore[arg-type]
    kind = Unexplained if meaning is Meaning.UNEXPLAINED else Unclear
    return kind(detail(reply), **told)  # type: ignore[arg-type]


def rejection(reply: Reply) -> Rejected:
    return Rejected(detail(reply), status=reply.status, trace=reply.trace, problems=problems(reply.json))


def may_be_elsewhere(reply: Reply) -> bool:
    """A redirect or a 404 may mean that the account was renamed (docs/amocrm-contract.md §1.3, §1.6)."""
    return reply.status in (301, 302, 307, 308, 404)


def _codes(reply: Reply, found: tuple[Problem, ...]) -> frozenset[str]:
    """amoCRM's old numeric codes: as an error's code, or in words such as "Код ошибки 244"."""
    told = values.text(reply.problem.get("detail"))
    spoken = re.findall(r"(?:код|code|c[oó]digo|ошибк|error)\D{0,20}(\d{3})\b", told, re.IGNORECASE)
    whole = [told.strip()] if told.strip().isdecimal() else []
    return frozenset((*spoken, *whole, *(each.code for each in found if each.code.isdecimal())))


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
