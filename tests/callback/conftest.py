"""Two firms with sites, and a hand that does what the `pbx` process does with their requests: takes them, tells that
somebody picked up, or that the channel is gone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from flask import Flask

from backend.amocrm import limiter
from backend.calls.facts import CallAnswered, CallEnded, CallStarted, Direction, Reason, Result, Talk
from backend.config import Settings
from backend.desk import arrive
from backend.desk.callback import lifecycle as desk
from backend.desk.callback.lifecycle import Attempt
from backend.store import db
from backend.store.callback import requests
from backend.store.callback.requests import AdmittedRequest, CallbackRow
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from tests.conftest import running
from tests.firm import Firm

SITE = "site-of-the-firm-1"
NOW = itertools.count(2_000_000_000)


@dataclass
class Hand:
    """Of one firm; each verb is a transaction of its own, as in the processes."""

    firm: Firm

    @property
    def id(self) -> int:
        return self.firm.id

    def set(self, **callback: Any) -> None:
        site = {"key": SITE, "name": "shop.example", **callback.pop("site", {})}
        self.firm.set(callback={"sites": [site], "target": "500", "again_client_seconds": 30, **callback})

    def asks(self, phone: str, **more: Any) -> str:
        with self.firm.app.app_context():
            asked = {"site": SITE, "phone": phone, "number": phone, "whole": 600.0, "name": "Ольга", **more}
            ticket = requests.ask(self.id, AdmittedRequest(**asked))
            db.session.commit()
            return ticket.id

    def takes(self) -> list[Attempt]:
        with self.firm.app.app_context():
            return desk.take(self.id)

    def takes_one(self) -> Attempt:
        [attempt] = self.takes()
        return attempt

    def answered(self, attempt: Attempt, extension: str = "101") -> bool:
        with self.firm.app.app_context():
            return desk.answered(attempt, extension)

    def over(self, attempt: Attempt, reason: str | None = "own-no-answer") -> None:
        with self.firm.app.app_context():
            if untold := desk.over(attempt, reason):
                arrive.arrive(self.id, untold)

    def client_talks(self, attempt: Attempt, phone: str, extension: str = "101") -> None:
        """As the tracker tells it."""
        call = self._call(attempt, phone)
        at = call["at"]
        self.firm.tell(
            CallStarted(**call, extension=extension),
            CallAnswered(**call, extension=extension),
            CallEnded(
                **call, result=Result.ANSWERED, reason=None, extension=extension, started=at, answered=at,
                talks=(Talk(extension=extension, start=at, end=at + 60),), recording=None,
            ),
        )  # fmt: skip

    def client_does_not(self, attempt: Attempt, phone: str, reason: Reason = Reason.BUSY) -> None:
        call = self._call(attempt, phone)
        ended = CallEnded(
            **call, result=Result.FAILED, reason=reason, extension="101", talks=(), started=call["at"], answered=None,
            recording=None,
        )  # fmt: skip
        self.firm.tell(CallStarted(**call, extension="101"), ended)

    def row(self, id: str) -> CallbackRow:
        with self.firm.app.app_context():
            row = requests.find(self.id, id)
            assert row is not None
            return row

    def state(self, id: str) -> tuple[str, str | None]:
        row = self.row(id)
        return row.state, row.result

    def later(self, id: str, **values: Any) -> None:
        """What is set for later is brought forward."""
        with self.firm.app.app_context():
            row = requests.lock(self.id, id)
            assert row is not None
            for name, value in (values or {"next_at": row.created_at}).items():
                setattr(row, name, value)
            db.session.commit()

    def texts(self) -> list[str]:
        return [note["params"]["text"] for note in self.firm.account.notes if note["note_type"] == "common"]

    def records(self) -> list[dict[str, Any]]:
        return list(self.firm.account.unsorted)

    def _call(self, attempt: Attempt, phone: str) -> dict[str, Any]:
        # the PBX spells the number its own way
        return {
            "call": attempt.call, "at": float(next(NOW)), "direction": Direction.OUTBOUND, "client": phone[1:],
            "did": None,
        }  # fmt: skip


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm(limits=Limits(on=False)) as crm:
        yield crm


@pytest.fixture
def app(database: Settings, crm: Crm) -> Iterator[Flask]:
    with running(database.model_copy(update={"sandbox_host_suffix": crm.domain})) as app:
        yield app


@pytest.fixture
def other(app: Flask, crm: Crm) -> Hand:
    hand = Hand(Firm.open(app, crm, "beta"))
    hand.set()
    return hand


@pytest.fixture
def hand(app: Flask, crm: Crm, other: Hand, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hand]:
    """Whatever it does, the other firm's CRM does not notice."""
    monkeypatch.setattr(limiter, "spend", partial(limiter.spend, rate=10_000.0))
    hand = Hand(Firm.open(app, crm, "acme"))
    hand.set()
    before = other.firm.snapshot()
    yield hand
    assert other.firm.snapshot() == before
