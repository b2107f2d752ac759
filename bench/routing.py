"""How long a caller waits until it is decided whom he rings.

A real Asterisk, a real `pbx` process and a real PostgreSQL, whose phonebook grows. Callers come one after another, each
through the dialplan that we generate; its first and last step are timed by the PBX's own clock, so that the key, the
question, the look-up and the answer's way back are all in it. Nobody's phone is rung: what follows is the PBX's. Then
the process is stopped: the same way without an answer.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from backend import create_app
from backend.config import Settings, new_secret_key
from backend.pbx.dialplan import DIALPLAN
from backend.processes.host.postgres import EmbeddedPostgres
from backend.store import accounts, db, migrate
from backend.store.accounts import Account, AccountUser
from backend.store.settings import settings
from bench.table import Row
from sandbox.pbx.office import Office

ACCOUNT, BORIS = 31_000_003, 2
SIZES = (1_000, 100_000, 1_000_000)
CALLS = 300
FIRST = 79_160_000_000  # the number of the first client
P50, P99, AWAY = 10.0, 50.0, 2.0  # ms
STALE = 5.5  # seconds after which no heartbeat is fresh
PATIENCE = 30.0  # seconds

TIMED = """
[timed]
exten => _X.,1,Set(CALLERID(num)=${EXTEN})
 same => n,Set(began=${STRFTIME(,,%s.%6q)})
 same => n,Gosub(phone-station-route,s,1)
 same => n,Set(GLOBAL(took)=${began} ${STRFTIME(,,%s.%6q)} ${CALLERID(name)})
 same => n,Answer()
"""
FILL = """
create temporary table fresh on commit drop as
    select n from generate_series(cast(:first as bigint), cast(:last as bigint)) n;
insert into phonebook_parties (account_id, entity, id, name, responsible, companies)
    select :account, 'contacts', n, 'Клиент ' || n, :responsible, '{}' from fresh;
insert into phonebook_phones (account_id, phone, entity, party_id)
    select :account, '+' || (cast(:number as bigint) + n), 'contacts', n from fresh;
insert into phonebook_leads (account_id, id, name, price, responsible, pipeline_id, status_id, is_open)
    select :account, n, 'Сделка ' || n, 0, :responsible, 1, 1, true from fresh;
insert into phonebook_lead_parties (account_id, lead_id, entity, party_id)
    select :account, n, 'contacts', n from fresh;
analyze phonebook_parties, phonebook_phones, phonebook_leads, phonebook_lead_parties;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    app: Flask
    office: Office
    process: subprocess.Popen[bytes]

    def grow(self, first: int, last: int) -> None:
        values = {"account": ACCOUNT, "responsible": BORIS, "number": FIRST, "first": first, "last": last}
        with self.app.app_context():
            for statement in filter(str.strip, FILL.split(";")):
                used = {name: value for name, value in values.items() if f":{name}" in statement}
                db.session.execute(text(statement), used)
            db.session.commit()

    def route(self, client: int) -> tuple[float, str]:
        """Seconds on the PBX, and the name that the client's call has then."""
        number = FIRST + client
        self.office.pbx_act("Originate", Channel=f"Local/{number}@timed", Application="Wait", Data="0")
        began, ended, *name = self.office.pbx_act("Getvar", Variable="took")["Value"].split(" ")
        return float(ended) - float(began), " ".join(name)

    def is_beating(self) -> bool:
        return bool(self.office.pbx_act("Getvar", Variable="PHONE_STATION_HEARTBEAT")["Value"])


def measure(sizes: Sequence[int] = SIZES, calls: int = CALLS) -> Iterator[Row]:
    with desk() as here:
        known = 0
        for size in sizes:
            here.grow(known + 1, size)
            known = size
            clients = random.Random(size).choices(range(1, size + 1), k=calls)
            yield _routed_row(size, [_answered(here, each) for each in clients])
        here.process.kill()
        time.sleep(STALE)
        yield _away_row([here.route(each)[0] for each in clients])


def _answered(here: Desk, client: int) -> float:
    took, name = here.route(client)
    assert name == f"Клиент {client}", f"client {client} was not answered for: {name!r} after {took} s"
    return took


def _routed_row(size: int, times: list[float]) -> Row:
    p50, p99 = statistics.median(times) * 1000, sorted(times)[int(len(times) * 0.99)] * 1000
    return Row(
        what=f"routing question → decision applied, {size:,} numbers: p50, p99",
        measured=f"{p50:.1f} ms, {p99:.1f} ms",
        reach=f"≤ {P50:g} ms, ≤ {P99:g} ms",
        holds=p50 <= P50 and p99 <= P99,
    )


def _away_row(times: list[float]) -> Row:
    p50 = statistics.median(times) * 1000
    return Row(
        what="service away → the queue: p50", measured=f"{p50:.1f} ms", reach=f"≤ {AWAY:g} ms", holds=p50 <= AWAY
    )


@contextmanager
def desk() -> Iterator[Desk]:
    """An empty phonebook, a PBX with our dialplan, and the process that answers it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        postgres = stack.enter_context(EmbeddedPostgres(folder, settings={"fsync": "off"}))
        office = stack.enter_context(Office())
        office.installs(DIALPLAN + TIMED)
        values = Settings(database_url=postgres.url, secret_keys=(new_secret_key(),))
        app = create_app(values)
        migrate.upgrade(app)
        stack.callback(_dispose, app)
        with app.app_context():
            _open(office)
        process = stack.enter_context(_pbx(values, folder / "pbx.log"))
        here = Desk(app=app, office=office, process=process)
        _wait_until_beating(here)
        yield here


def _open(office: Office) -> None:
    """Boris is everybody's manager, and nobody's phone is rung."""
    ami = office.ami
    db.session.add(Account(id=ACCOUNT, host="bench.amocrm.ru"))
    db.session.flush()
    accounts.replace_mirror(
        AccountUser, ACCOUNT, [{"user_id": BORIS, "name": "Борис", "is_active": True, "is_admin": False}]
    )
    chosen = {
        "employees": [{"user_id": BORIS, "extensions": ["102"]}],
        "routing": {"rings_responsible": False, "copied": 0},
    }
    settings.write(ACCOUNT, settings.AccountSettings.model_validate(chosen))
    pbx = {"host": ami.host, "port": ami.port, "username": ami.username, "secret": ami.secret}
    settings.write_pbx(ACCOUNT, settings.PbxSetting.model_validate(pbx))
    db.session.commit()


@contextmanager
def _pbx(values: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m backend pbx`."""
    told = {
        "DATABASE_URL": values.database_url,
        "SECRET_KEYS": ",".join(values.secret_keys),
        "PBX_NETWORKS": "127.0.0.0/8",
    }
    command = [sys.executable, "-m", "backend", "pbx"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env={**os.environ, **told}, stdout=out, stderr=out) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _wait_until_beating(here: Desk) -> None:
    until = time.monotonic() + PATIENCE
    while not here.is_beating():
        assert time.monotonic() < until, "the pbx process does not say that it answers"
        time.sleep(0.05)


def _dispose(app: Flask) -> None:
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
