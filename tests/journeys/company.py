"""A company on a real PBX and its account of the sandbox CRM, as journeys speak of them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from backend.config import database_url_file, normalise_database_url
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from sandbox.demo.station import Station
from sandbox.pbx.lines import Client, Leg, Phone
from sandbox.pbx.numbers import Dids
from sandbox.pbx.office import Office
from tests.journeys.ledger import Ledger

PATIENCE = 60.0  # seconds; only ever spent by a journey that fails
GLANCE = 0.03  # seconds between looks
TALK = 0.9  # seconds of a talk, which round to one, however long the PBX takes to join and to part

UNSETTLED = """
    select 1 from calls where account_id = %(account)s and ended is null
    union all
    select 1 from intents where account_id = %(account)s and state = 'todo' and call not like 'phonebook%%'
      and kind <> 'announce-call'  -- it waits for other phones to ring, and leaves nothing
"""


@dataclass(frozen=True)
class Person:
    """An outside party: how his number is kept, and what his card and his open lead are (or will be) called."""

    line: Client
    number: str
    name: str
    lead: str

    @property
    def spoken(self) -> str:
        return spoken(self.number)

    def calls(self, did: str) -> Leg:
        return self.line.calls(did)

    def rings(self) -> Leg:
        return self.line.rings()

    def answers(self) -> Leg:
        return self.line.answers()

    def hangs_up(self) -> Leg:
        return self.line.hangs_up()

    @property
    def dialled(self) -> str:
        """As an employee types it."""
        return f"8{self.number[2:]}"


@dataclass(frozen=True)
class Known:
    """A client whom both accounts knew before they installed the integration."""

    number: str
    name: str
    lead: str


@dataclass
class Town:
    """One version of Asterisk, the station, and two accounts that know the same clients; `other` has no PBX."""

    crm: Crm
    office: Office
    station: Station
    account: AccountHandle
    other: AccountHandle
    known: dict[str, list[Known]]
    strangers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        address = normalise_database_url(database_url_file(self.station.data).read_text())
        self.database = address.replace("+psycopg", "", 1)
        self.journal = psycopg.connect(self.database, autocommit=True)

    def reopen_journal(self) -> None:
        """The database went away and is back."""
        self.journal.close()
        self.journal = psycopg.connect(self.database, autocommit=True)

    def close(self) -> None:
        self.journal.close()

    def is_settled(self) -> bool:
        """Whether every call has ended for the station too, and everything it decided is done."""
        return self.journal.execute(UNSETTLED, {"account": self.account.id}).fetchone() is None


class Company:
    """One journey: what the account gains, and what its employees are shown, from its beginning on."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.office, self.station, self.account = town.office, town.station, town.account
        recordings = f"{self.station.url}/recordings/{self.account.id}/"
        self._ledger, self._other = Ledger(town.account, recordings), Ledger(town.other, recordings)
        self._seen = {call for user in self.account.users for call in self._calls_shown(user)}

    # ---- who takes part

    @property
    def did(self) -> Dids:
        return self.office.did

    def phone(self, extension: str) -> Phone:
        return self.office.phone(extension)

    def stranger(self, number: str | None = None) -> Person:
        """Nobody the accounts know."""
        number = number or f"+7926500{next(self.town.strangers):04}"
        return Person(self.office.client(number), number, f"Клиент {spoken(number)}", new_lead(number))

    def client(self, kind: str = "with a lead") -> Person:
        """Somebody whom both accounts know; nobody has called him yet."""
        known = self.town.known[kind].pop()
        return Person(
            self.office.client(known.number), known.number, known.name, known.lead or f"Звонок {spoken(known.number)}"
        )

    # ---- what there is to see

    def holds(self, *lines: str) -> None:
        """Waits until this is what the account gained, no more and no less."""
        await_value(self._ledger.lines, lines, "the CRM")

    def gained(self) -> list[str]:
        """What the account has that it had not."""
        return self._ledger.lines()

    def shows(self, *lines: str) -> None:
        """Waits until these are the popups of this journey's calls."""
        await_value(self.popups, lines, "the screens")

    def rings(self, popups: int) -> None:
        """Waits until so many popups say that it rings: the PBX knows it a moment after the phone."""
        await_value(lambda: sum(": ringing" in line for line in self.popups()), popups, "the ringing")

    def in_the_end(self, crm: Sequence[str] = (), popups: Sequence[str] = ()) -> None:
        """The same when every call is over and everything is done; and the other account has seen nothing."""
        self.office.quiet()
        await_value(self.town.is_settled, True, "the journal")
        self.holds(*crm)
        self.shows(*popups)
        assert self.town.is_settled()
        assert self._other.lines() == []
        assert not any(self.station.popups(self.town.other, user["id"]) for user in self.town.other.users)

    def popups(self) -> list[str]:
        """`Анна: talking, Иван → «Сделка»`, a line for each employee and call."""
        return sorted(
            self._popup_line(user["name"], popup)
            for user in self.account.users
            for popup in self.station.popups(self.account, user["id"])
            if popup["call"] not in self._seen
        )

    def seats(self) -> list[str]:
        """The extensions whose phones the PBX is asked about."""
        query = "select extension from extension_states where account_id = %s order by extension"
        return [extension for (extension,) in self.town.journal.execute(query, [self.account.id])]

    def calls(self) -> list[str]:
        """The names of this journey's calls, by the popups they left."""
        shown = [call for user in self.account.users for call in self._calls_shown(user)]
        return sorted(set(shown) - self._seen)

    def _calls_shown(self, user: dict[str, Any]) -> list[str]:
        return [popup["call"] for popup in self.station.popups(self.account, user["id"])]

    def _popup_line(self, name: str, popup: dict[str, Any]) -> str:
        state, details = popup["state"], popup["details"]
        if state == "closed":
            return f"{name}: closed"
        lead = details.get("lead")
        link = f" → {self._ledger.lead(lead['id'])}" if lead else ""
        return f"{name}: {state}, {details.get('name') or details['phone']}{link}"


def spoken(number: str) -> str:
    return f"{number[:2]} {number[2:5]} {number[5:8]}-{number[8:10]}-{number[10:]}"


def new_lead(number: str) -> str:
    """What the lead is called that a call makes."""
    return f"Звонок {spoken(number)}"


def await_value(look: Callable[[], Any], wanted: Any, where: str) -> None:
    wanted = sorted(wanted) if isinstance(wanted, tuple) else wanted
    deadline = time.monotonic() + PATIENCE
    while (seen := look()) != wanted:
        if time.monotonic() > deadline:
            assert seen == wanted, f"{where} has {seen}, not {wanted}"
        time.sleep(GLANCE)
