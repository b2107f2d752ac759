"""A transfer in the popup of the employee who started it: requested, perhaps consulting, then done or failed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import select

from backend.calls.facts import CallEnded, CallPassed, ExtensionStopped, Fact, Reason
from backend.calls.rules.rules import Rules, employee_at
from backend.store import db, popups
from backend.store.popups import Popup


class TransferState(StrEnum):
    ASKED = "asked"
    CONSULTING = "consulting"
    DONE = "done"
    FAILED = "failed"


GOES_ON = (TransferState.ASKED, TransferState.CONSULTING)


def ask(account_id: int, call: str, user_id: int, transfer: dict[str, Any]) -> None:
    """Called before the command is sent to the PBX; `transfer` has its `kind` and its target `to`. Commits."""
    _write(account_id, call, user_id, {**transfer, "state": TransferState.ASKED})
    db.session.commit()


def move(account_id: int, call: str, user_id: int, state: TransferState, reason: Reason | None = None) -> None:
    """Updates this user's transfer unless it has ended. Commits."""
    _move(account_id, call, state, reason, user_id=user_id)
    db.session.commit()


def follow(account_id: int, fact: Fact, rules: Rules) -> None:
    """Updates the transfers of the fact's call. Does not commit."""
    match fact:
        case CallPassed():
            _move(account_id, fact.call, TransferState.DONE)
        case CallEnded():
            _move(account_id, fact.call, TransferState.FAILED, Reason.GIVEN_UP)
        case ExtensionStopped():
            silent = employee_at(fact.extension, rules)[0]
            if silent:
                _move(account_id, fact.call, TransferState.FAILED, Reason.NO_ANSWER, to=silent.user_id)


def _move(
    account_id: int,
    call: str,
    state: TransferState,
    reason: Reason | None = None,
    *,
    user_id: int | None = None,
    to: int | None = None,
) -> None:
    query = select(Popup).where(
        Popup.account_id == account_id, Popup.call == call, Popup.details["transfer"].is_not(None)
    )
    for popup in db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).all():
        transfer = popup.details["transfer"]
        is_meant = user_id in (None, popup.user_id) and to in (None, transfer["to"]["user_id"])
        if is_meant and transfer["state"] in GOES_ON:
            why = {"reason": reason.value} if reason else {}
            _write(account_id, call, popup.user_id, {**transfer, **why, "state": state})


def _write(account_id: int, call: str, user_id: int, transfer: dict[str, Any]) -> None:
    popups.change(account_id, call, {"transfer": transfer}, users=[user_id])
