"""A firm for tests: an account of the sandbox CRM that is connected here, whose phones are told about in facts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import func, update

from backend import installs
from backend.amocrm.oauth import Tokens
from backend.calls.facts import CallAnswered, CallEnded, CallPassed, CallStarted, Direction, Fact, Reason, Result, Talk
from backend.desk import arrive, drain
from backend.desk.channels import CHANNELS
from backend.desk.journal.job import Fence
from backend.desk.phonebook import full_sync as sync
from backend.store import db
from backend.store.accounts import Account
from backend.store.journal import journal
from backend.store.settings import settings
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm

DID = "74951000001"
NUMBERS = itertools.count(1)


def connect(app: Flask, account: AccountHandle) -> int:
    """As an install does, without the hook; returns the account's id."""
    pair = account.tokens()
    now = time.time()
    granted = Tokens(
        access=pair["access_token"],
        refresh=pair["refresh_token"],
        refreshed_at=now,
        expires_at=now + pair["expires_in"],
    )
    with app.app_context():
        return installs.connect(account.url.partition("://")[2], granted)


@dataclass
class Firm:
    """Anna at 101 and Boris at 102; Vera, an admin, has no extension and is told of missed calls."""

    app: Flask
    crm: Crm
    account: AccountHandle
    id: int = 0
    people: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, app: Flask, crm: Crm, subdomain: str, **more: Any) -> Firm:
        account = crm.account(subdomain)
        if not account.users:
            account.add_user("Вера", admin=True)
        people = {user["name"]: user["id"] for user in account.users}
        people |= {name: account.add_user(name)["id"] for name in ("Анна", "Борис") if name not in people}
        firm = cls(app, crm, account, connect(app, account), people)
        firm.set(**more)
        return firm

    def set(self, **more: Any) -> None:
        """Settings beyond who sits where."""
        seats = [(self.people["Анна"], "101"), (self.people["Борис"], "102")]
        values = {
            "employees": [{"user_id": user, "extensions": [extension]} for user, extension in seats],
            "missed_to": [self.people["Вера"]],
            **more,
        }
        with self.app.app_context():
            settings.write(self.id, settings.AccountSettings.model_validate(values))
            db.session.commit()

    def sync(self) -> None:
        with self.app.app_context():
            sync.start(self.id)
            db.session.commit()
        self.work()

    def tell(self, *facts: Fact) -> None:
        with self.app.app_context():
            for fact in facts:
                arrive.arrive(self.id, fact)

    def work(self) -> None:
        """Carries out all that is due now."""
        with self.app.app_context():
            for channel in CHANNELS:
                drain.drain_account(self.id, Fence(), channel)

    def work_through(self) -> None:
        """Carries out everything, whatever it waits for: due times are brought forward."""
        for _ in range(60):
            self.work()
            if not self.due_now():
                return
        raise AssertionError("intents are left over")

    def due_now(self) -> bool:
        """All that the account waits for is over; whether there is anything to do."""
        with self.app.app_context():
            todo = (journal.IntentRow.account_id == self.id, journal.IntentRow.state == "todo")
            db.session.execute(update(journal.IntentRow).where(*todo).values(due_at=func.now()))
            rested = {"budget_tat": 0, "blocked_until": None}
            db.session.execute(update(Account).where(Account.id == self.id).values(rested))
            db.session.commit()
            return any(journal.due(self.id, 1, channel) for channel in CHANNELS)

    def talk(self, client: str | None, *seats: str, outbound: bool = False, seconds: int = 60) -> str:
        """A whole answered call through these extensions; its name."""
        call = self.call(client, outbound)
        self.tell(*self.answer(call, *seats), self.end(call, seats, seconds))
        return str(call["call"])

    def answer(self, call: dict[str, Any], *seats: str) -> list[Fact]:
        facts: list[Fact] = [CallStarted(**call), CallAnswered(**call, extension=seats[0])]
        for turn, (previous, extension) in enumerate(itertools.pairwise(seats), 2):
            facts.append(CallPassed(**call, extension=extension, previous=previous, turn=turn))
        return facts

    def end(self, call: dict[str, Any], seats: Sequence[str], seconds: int = 60) -> CallEnded:
        at = call["at"]
        talks = tuple(
            Talk(extension=seat, start=at + n * seconds, end=at + (n + 1) * seconds) for n, seat in enumerate(seats)
        )
        return CallEnded(
            **call, result=Result.ANSWERED, reason=None, extension=seats[0], talks=talks, started=at, answered=at,
            recording=None,
        )  # fmt: skip

    def miss(self, client: str | None) -> str:
        return self._fruitless(client, Direction.INBOUND, Result.MISSED, None, None)

    def fail(self, client: str, reason: Reason = Reason.BUSY, by: str = "101") -> str:
        return self._fruitless(client, Direction.OUTBOUND, Result.FAILED, reason, by)

    def _fruitless(
        self, client: str | None, direction: Direction, result: Result, reason: Reason | None, by: str | None
    ) -> str:
        call = self.call(client, direction is Direction.OUTBOUND)
        ended = CallEnded(
            **call, result=result, reason=reason, extension=by, talks=(), started=call["at"], answered=None,
            recording=None,
        )  # fmt: skip
        self.tell(CallStarted(**call), ended)
        return str(call["call"])

    def call(self, client: str | None, outbound: bool = False) -> dict[str, Any]:
        return {
            "call": f"{int(time.time())}.{next(NUMBERS)}",
            "at": time.time(),
            "direction": Direction.OUTBOUND if outbound else Direction.INBOUND,
            "client": client,
            "did": None if outbound else DID,
        }

    def call_notes(self) -> list[dict[str, Any]]:
        return [note for note in self.account.notes if note["note_type"] in ("call_in", "call_out")]

    def snapshot(self) -> dict[str, Any]:
        """What a stranger's call must leave as it is."""
        state = self.account.state()
        return {name: state[name] for name in ("contacts", "companies", "leads", "notes", "unsorted")}
