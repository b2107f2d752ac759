"""What an answer means: one table, read from the top; the first row that fits counts. Pure.

What is final, or takes something away, comes only from amoCRM's own problem JSON: a page of a balancer, of maintenance
or of a guard says nothing of what was asked (docs/decisions, 0030).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from backend.amocrm.errors import Need
from backend.amocrm.requests import Way


class Meaning(StrEnum):
    """UNEXPLAINED: refused without a word of what is wrong; often passes, and a write may have been done all the same.
    PERSON: useless until a person has done what the row's `need` says."""

    DONE = "done"
    NOTHING = "nothing"
    LATER = "later"
    UNCLEAR = "unclear"
    UNEXPLAINED = "unexplained"
    PERSON = "person"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """What of an answer counts. `is_problem`: amoCRM's own problem JSON; `names_field`: a validation error has a path;
    `codes` are its old numeric ones, wherever they stand; `detail` is in lower case."""

    status: int
    is_json: bool = False
    is_empty: bool = False
    is_problem: bool = False
    names_field: bool = False
    codes: frozenset[str] = frozenset()
    detail: str = ""


Test = Callable[[AnswerFacts], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """What an answer means: the same however it was asked, or by the way: one card, a list, a change, an addition."""

    name: str
    fits: Test
    meaning: Meaning | tuple[Meaning, Meaning, Meaning, Meaning]
    need: Need | None = None

    def to(self, way: Way) -> Meaning:
        return self.meaning if isinstance(self.meaning, Meaning) else self.meaning[WAYS.index(way)]


WAYS = (Way.ONE, Way.ALL, Way.CHANGE, Way.ADD)


def _on(status: int) -> Test:
    return lambda facts: facts.status == status


def _coded(status: int, *codes: str) -> Test:
    return lambda facts: facts.status == status and not facts.codes.isdisjoint(codes)


def _is_success(facts: AnswerFacts) -> bool:
    return 200 <= facts.status < 300


M = Meaning
PASSES = M.LATER, M.LATER, M.UNCLEAR, M.UNCLEAR
NO_ROUTE = re.compile(r"^cannot (get|post|patch|put|delete)\b")
FINAL_WORDS = re.compile("request data can not be empty|invalid request data")
RIGHTS, TRIAL_OVER, FINAL = ("202", "244", "288"), ("402",), ("226", "282", "426")
IP_NOT_ALLOWED = ("113",)  # of an account that lists its allowed addresses

TABLE = (
    Row("nothing there", _on(204), M.NOTHING),
    Row("done", lambda facts: _is_success(facts) and facts.is_json, M.DONE),
    Row("success without a body", lambda f: _is_success(f) and f.is_empty, (M.LATER, M.LATER, M.DONE, M.DONE)),
    Row("success that is no JSON", _is_success, PASSES),
    Row("too many requests", _on(429), M.LATER),
    Row("banned by a server on the way", lambda f: f.status == 403 and not f.is_problem, M.PERSON, Need.BLOCKED),
    Row("not amoCRM's own word", lambda facts: not facts.is_problem, PASSES),
    Row("passes by its nature", lambda f: f.status < 400 or f.status in (408, 425), PASSES),
    Row("amoCRM's own fault", lambda facts: facts.status >= 500, PASSES),
    Row("a token refused that was renewed just now", _on(401), M.LATER),
    Row("unpaid", _on(402), M.PERSON, Need.UNPAID),
    Row("the trial is over", _coded(400, *TRIAL_OVER), M.PERSON, Need.UNPAID),
    Row("our address is not on the account's list", _coded(403, *IP_NOT_ALLOWED), M.PERSON, Need.BLOCKED),
    Row("no rights", _on(403), M.PERSON, Need.RIGHTS),
    Row("no rights, by an old code", _coded(400, *RIGHTS), M.PERSON, Need.RIGHTS),
    Row("no such route", lambda f: f.status == 404 and bool(NO_ROUTE.search(f.detail)), M.REFUSED),
    Row("gone", _on(404), (M.NOTHING, M.LATER, M.REFUSED, M.UNEXPLAINED)),
    Row("names a field", lambda f: f.status in (400, 422) and f.names_field, M.REFUSED),
    Row("wrong as a whole", lambda f: f.status == 400 and bool(FINAL_WORDS.search(f.detail)), M.REFUSED),
    Row("final by an old code", _coded(400, *FINAL), M.REFUSED),
    Row("refused without a reason", lambda facts: True, M.UNEXPLAINED),
)


def row_of(facts: AnswerFacts) -> Row:
    return next(row for row in TABLE if row.fits(facts))
