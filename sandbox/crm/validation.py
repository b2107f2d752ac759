"""What is wrong with the items of a write: codes and paths as amoCRM gives them (docs/amocrm-contract.md §3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.crm.problems import Problem
from sandbox.crm.state import Account, Record

DETAILS = {
    "NotSupportedChoice": "The value you selected is not a valid choice.",
    "NotNullable": "This value should not be null.",
    "FieldMissing": "This field is missing.",
    "FieldUnexpected": "This field was not expected.",
    "InvalidType": "This value should be of another type.",
    "InvalidLength": "This value is too long.",
}
MAX_TEXT = 65_000


@dataclass(slots=True)
class Checker:
    """Collects the errors of one item."""

    account: Account
    errors: list[Record] = field(default_factory=list)

    def fail(self, code: str, path: str) -> None:
        self.errors.append({"code": code, "path": path, "detail": DETAILS[code]})

    def require(self, fine: bool, code: str, path: str) -> bool:
        if not fine:
            self.fail(code, path)
        return fine


Rule = Callable[[Checker, str, Any], None]
Schema = Mapping[str, Rule]
Extra = Callable[[Checker, Record], None]


def text(limit: int = MAX_TEXT) -> Rule:
    def rule(checker: Checker, path: str, value: Any) -> None:
        if checker.require(isinstance(value, str), "InvalidType", path):
            checker.require(len(value) <= limit, "InvalidLength", path)

    return rule


def integer(checker: Checker, path: str, value: Any) -> None:
    checker.require(isinstance(value, int) and not isinstance(value, bool), "InvalidType", path)


def flag(checker: Checker, path: str, value: Any) -> None:
    checker.require(isinstance(value, bool), "InvalidType", path)


def anything(checker: Checker, path: str, value: Any) -> None:
    pass


def text_or_number(checker: Checker, path: str, value: Any) -> None:
    checker.require(isinstance(value, str | int) and not isinstance(value, bool), "InvalidType", path)


def one_of(*choices: object) -> Rule:
    def rule(checker: Checker, path: str, value: Any) -> None:
        checker.require(value in choices, "NotSupportedChoice", path)

    return rule


def user(checker: Checker, path: str, value: Any) -> None:
    """A user who is there and active (docs/amocrm-contract.md §3.2: a deleted one is refused too)."""
    known = checker.account.users.get(value) if isinstance(value, int) else None
    checker.require(known is not None and known["is_active"], "NotSupportedChoice", path)


def user_or_robot(checker: Checker, path: str, value: Any) -> None:
    if value != 0:
        user(checker, path, value)


def in_table(kind: str) -> Rule:
    def rule(checker: Checker, path: str, value: Any) -> None:
        known = isinstance(value, int) and value in checker.account.table(kind)
        checker.require(known, "NotSupportedChoice", path)

    return rule


def pipeline(checker: Checker, path: str, value: Any) -> None:
    checker.require(isinstance(value, int) and value in checker.account.pipelines, "NotSupportedChoice", path)


@dataclass(frozen=True, slots=True)
class Nullable:
    rule: Rule

    def __call__(self, checker: Checker, path: str, value: Any) -> None:
        if value is not None:
            self.rule(checker, path, value)


def list_of(rule: Rule, limit: int = 250) -> Rule:
    def check_list(checker: Checker, path: str, value: Any) -> None:
        if not checker.require(isinstance(value, list), "InvalidType", path):
            return
        checker.require(len(value) <= limit, "InvalidLength", path)
        for index, item in enumerate(value[:limit]):
            rule(checker, f"{path}.{index}", item)

    return check_list


def nested(schema: Schema, required: Iterable[str] = ()) -> Rule:
    def rule(checker: Checker, path: str, value: Any) -> None:
        check(checker, value, schema, required, path=path)

    return rule


def check(checker: Checker, item: Any, schema: Schema, required: Iterable[str] = (), *, path: str = "") -> None:
    """Unknown keys, missing keys, nulls, then each value by its rule."""
    if not checker.require(isinstance(item, dict), "InvalidType", path):
        return
    prefix = f"{path}." if path else ""
    for name in required:
        checker.require(name in item, "FieldMissing", prefix + name)
    for name, value in item.items():
        _check_value(checker, prefix + name, value, schema.get(name))


def _check_value(checker: Checker, path: str, value: Any, rule: Rule | None) -> None:
    if rule is None:
        checker.fail("FieldUnexpected", path)
    elif value is None and not isinstance(rule, Nullable):
        checker.fail("NotNullable", path)
    else:
        rule(checker, path, value)


def validate(
    account: Account, items: list[Any], schema: Schema, required: Iterable[str] = (), extra: Extra | None = None
) -> None:
    """Raises Problem 400 with every error of every item: one bad item fails the whole batch."""
    reports = [_report(account, index, item, schema, required, extra) for index, item in enumerate(items)]
    wrong = [report for report in reports if report["errors"]]
    if wrong:
        raise Problem(400, "Request validation failed", **{"validation-errors": wrong})


def _report(
    account: Account, index: int, item: Any, schema: Schema, required: Iterable[str], extra: Extra | None
) -> Record:
    checker = Checker(account)
    check(checker, item, schema, required)
    if extra and not checker.errors:
        extra(checker, item)
    return {"request_id": request_id(item, index), "errors": checker.errors}


def request_id(item: Any, index: int) -> str:
    """What the caller named the item, else its place in the array (docs/amocrm-contract.md §3.1)."""
    named = item.get("request_id") if isinstance(item, dict) else None
    return str(index) if named is None else str(named)
