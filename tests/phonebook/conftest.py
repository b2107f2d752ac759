"""Two firms on one CRM whose webhooks reach us; what happens to one, the other must not notice."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from backend.amocrm import limiter
from backend.calls.numbers import phones
from backend.calls.rules.client import Client, OpenLead, choose
from backend.config import Settings
from backend.desk import chores, drain
from backend.desk.phonebook import lookup
from backend.store import db
from backend.store.phonebook import phonebook, webhooks
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from sandbox.crm.state import Record
from tests.conftest import copied, running
from tests.firm import Firm

NUMBERS = itertools.count(1)


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture(scope="module")
def crm() -> Iterator[Crm]:
    with Crm(limits=Limits(on=False)) as crm:
        yield crm


@pytest.fixture(scope="module")
def app(settings: Settings, crm: Crm) -> Iterator[Flask]:
    """Served where amoCRM's webhooks go."""
    server = make_server("127.0.0.1", 0, Flask(__name__), threaded=True, request_handler=_Quiet)
    address = {"sandbox_host_suffix": crm.domain, "public_url": f"http://localhost:{server.server_port}"}
    with copied(settings) as database, running(database.model_copy(update=address)) as app:
        server.app = app
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield app
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Book:
    """A firm and its mirror of the CRM."""

    firm: Firm

    def hear(self) -> None:
        """Everything that the CRM tells has come, and what follows from it is done."""
        assert self.firm.crm.settle()
        self.firm.work()

    def due_now(self) -> None:
        self.firm.due_now()

    def poll(self) -> None:
        """Its turn to be polled has come."""
        with self.firm.app.app_context():
            webhooks.of(self.firm.id).polled_at = None
            db.session.commit()
            assert self.firm.id in chores.poll_due_phonebooks()
        self.firm.work()

    def client(self, number: str) -> Client:
        """Who it is, as a call would be told."""
        with self.firm.app.app_context():
            return choose(lookup.knowledge(self.firm.id, phones.key(number, "RU")))

    def name(self, number: str) -> str | None:
        party = self.client(number).party
        return party.name if party else None

    def responsible(self, number: str) -> int | None:
        """Of the open lead, else of the client."""
        client = self.client(number)
        owner = client.lead or client.party
        return owner.responsible if owner else None

    def lead(self, number: str) -> OpenLead | None:
        return self.client(number).lead

    def size(self) -> dict[str, int]:
        with self.firm.app.app_context():
            return phonebook.size(self.firm.id)

    def hook(self) -> webhooks.HookRow:
        with self.firm.app.app_context():
            row = webhooks.of(self.firm.id)
            db.session.commit()
            db.session.refresh(row)
            db.session.expunge(row)
            return row

    def asked(self, since: int = 0) -> list[str]:
        """Paths of what we asked amoCRM, after the n-th request."""
        return [f"{each.method} {each.path}" for each in self.firm.account.requests(since)]

    def last(self) -> int:
        return max((each.n for each in self.firm.account.requests()), default=0)


def number() -> str:
    """One that nobody has yet."""
    return f"+7916{next(NUMBERS):07}"


def opened(app: Flask, crm: Crm, **flags: Any) -> Book:
    """A firm of its own, synced."""
    account = crm.account(f"firm{next(NUMBERS)}")
    account.set(**flags)
    book = Book(Firm.open(app, crm, account.subdomain))
    book.firm.sync()
    return book


@pytest.fixture(scope="module", autouse=True)
def pace() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limiter, "spend", partial(limiter.spend, rate=10_000.0))  # it has tests of its own
        patch.setattr(drain, "SLICE", 60.0)  # a busy machine still gets done in one
        yield


@pytest.fixture(scope="module")
def book(app: Flask, crm: Crm) -> Book:
    return opened(app, crm)


@pytest.fixture(scope="module")
def stranger(app: Flask, crm: Crm) -> Book:
    return opened(app, crm)


@pytest.fixture
def client(book: Book, stranger: Book) -> Iterator[tuple[Record, str]]:
    """A contact of the firm with a number that a contact of another firm has too, of whom nothing may change."""
    theirs = number()
    made = book.firm.account.add_contact("Иван", [theirs.replace("+7", "8")], book.firm.people["Анна"])
    other = stranger.firm.account.add_contact("Чужой", [theirs], stranger.firm.people["Анна"])
    book.hear()
    stranger.hear()
    assert (book.name(theirs), stranger.name(theirs)) == ("Иван", "Чужой")
    yield made, theirs
    stranger.hear()
    assert stranger.client(theirs).party.id == other["id"]  # type: ignore[union-attr]
    assert stranger.responsible(theirs) == stranger.firm.people["Анна"]
