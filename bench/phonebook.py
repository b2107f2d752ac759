"""How long it takes to know whose number it is, and how fast a first sync reads an account.

A real PostgreSQL with the phonebooks of two accounts of the same size: of ten clients one is a company, every contact
has an open lead and a closed one, every tenth has a company too. Look-ups come one after another, of clients chosen at
random, each in a transaction of its own: of a number alone, and of everything that a call is decided by. Then a first
sync of the sandbox CRM with amoCRM's limits on: rows a second, and how near to the account's budget of requests.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from backend import create_app
from backend.amocrm import limiter
from backend.amocrm.requests import Entity
from backend.config import Settings, new_secret_key
from backend.desk.phonebook import lookup
from backend.processes.host.postgres import EmbeddedPostgres
from backend.store import db, migrate
from backend.store.accounts import Account
from bench.firm import firm
from bench.table import Row

ACCOUNT, OTHER = 31_000_004, 31_000_005
SIZES = (1_000, 100_000, 1_000_000)
LOOKUPS = 1000
FIRST = 79_160_000_000  # the number of the first client
LOOKUP = 1.0  # ms
CARDS = 10_000  # of the first sync, half of them leads
LISTS = [f"/api/v4/{each}" for each in Entity]
NEAR = 0.9  # of the budget

FILL = """
create temporary table fresh on commit drop as
    select a as account, n, case when n % 10 = 0 then 'companies' else 'contacts' end as entity
    from unnest(cast(:accounts as bigint[])) a, generate_series(cast(:first as bigint), cast(:last as bigint)) n;
insert into phonebook_parties (account_id, entity, id, name, folded, responsible, companies, updated_at)
    select account, entity, n, 'Клиент ' || n, 'клиент ' || n, 2,
           case when n % 10 = 1 then array[n + 9] else '{}' end, n
    from fresh;
insert into phonebook_phones (account_id, phone, entity, party_id)
    select account, '+' || (cast(:number as bigint) + n), entity, n from fresh;
insert into phonebook_leads (account_id, id, name, price, responsible, pipeline_id, status_id, is_open)
    select account, n * 2 + i, 'Сделка ' || n, 0, 2, 1, case when i = 0 then 1 else 142 end, i = 0
    from fresh, generate_series(0, 1) i;
insert into phonebook_lead_parties (account_id, lead_id, entity, party_id)
    select account, n * 2 + i, entity, n from fresh, generate_series(0, 1) i;
analyze phonebook_parties, phonebook_phones, phonebook_leads, phonebook_lead_parties
"""


def measure(sizes: Sequence[int] = SIZES, lookups: int = LOOKUPS, cards: int = CARDS) -> Iterator[Row]:
    with store() as app, app.app_context():
        known = 0
        for size in sizes:
            _grow(known + 1, size)
            known = size
            chosen = [f"+{FIRST + n}" for n in random.Random(size).choices(range(1, size + 1), k=lookups)]
            yield _row(f"whose number it is, of {size:,}", _timed(_key, chosen))
            yield _row(f"all that is known of a number, of {size:,}", _timed(_whole, chosen))
    yield _synced(cards)


def _key(number: str) -> None:
    assert lookup.parties(ACCOUNT, [number])


def _whole(number: str) -> None:
    (party,) = lookup.knowledge(ACCOUNT, number).parties
    assert len(party.open_leads) == 1


def _timed(look: Callable[[str], None], numbers: Sequence[str]) -> list[float]:
    """Milliseconds of each."""
    times = []
    for number in numbers:
        begun = time.perf_counter()
        look(number)
        times.append((time.perf_counter() - begun) * 1000)
        db.session.commit()  # not rolled back: psycopg would throw away what it has prepared
    return times


def _row(what: str, times: list[float]) -> Row:
    p50, p99 = statistics.median(times), sorted(times)[int(len(times) * 0.99)]
    return Row(
        what=f"{what}: p50, p99",
        measured=f"{p50:.2f} ms, {p99:.2f} ms",
        reach=f"p50 ≤ {LOOKUP:g} ms",
        holds=p50 <= LOOKUP,
    )


def _synced(cards: int) -> Row:
    """Of a first sync as an install begins it, from the first to the last page."""
    numbers = [f"+{FIRST + n}" for n in range(cards // 2)]  # each with a lead
    with firm(numbers) as office:
        asked = [
            each for each in office.crm.requests() if each.path in LISTS
        ]  # pages, and probes of how many there are
    took = asked[-1].at - asked[0].at
    rows, share = len(numbers) * 2 / took, (len(asked) - 1) / took / limiter.RATE
    return Row(
        what=f"first sync of {cards:,} cards: a second, share of the request budget",
        measured=f"{rows:,.0f}, {share:.2f}",
        reach=f"share ≥ {NEAR:g}",
        holds=share >= NEAR,
    )


def _grow(first: int, last: int) -> None:
    values = {"accounts": [ACCOUNT, OTHER], "number": FIRST, "first": first, "last": last}
    for statement in FILL.split(";"):
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        db.session.execute(text(statement), used)
    db.session.commit()


@contextmanager
def store() -> Iterator[Flask]:
    """Two accounts without clients."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        postgres = stack.enter_context(EmbeddedPostgres(folder, settings={"fsync": "off"}))
        app = create_app(Settings(database_url=postgres.url, secret_keys=(new_secret_key(),)))
        migrate.upgrade(app)
        with app.app_context():
            db.session.add_all(Account(id=each, host="bench.amocrm.ru") for each in (ACCOUNT, OTHER))
            db.session.commit()
        yield app
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()
