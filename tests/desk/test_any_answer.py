"""Whatever amoCRM answers around a day of calls: every call has one note at the end, and the phonebook is whole."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from functools import partial
from typing import Any

import pytest
from flask import Flask
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from backend import crm_access
from backend.amocrm import limiter
from backend.amocrm.errors import NeedsPerson
from backend.desk import chores
from backend.desk.phonebook import full_sync
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.journal import journal
from backend.store.phonebook import phonebook
from sandbox.crm.faults import Kind
from sandbox.crm.fields import phones
from sandbox.crm.server import Crm
from tests.firm import Firm

NUMBERS = itertools.count(1)
ROUTES = (
    "/api/v4/", "/oauth2/access_token", "/leads/complex", "/notes", "/contacts", "/companies", r"/leads\?", "/unsorted",
    "/accept", "/users", "/pipelines", "/account", "/events", "/webhooks", "/link",
)  # fmt: skip
statuses = st.one_of(
    st.sampled_from(
        [302, 307, 400, 401, 402, 403, 404, 405, 408, 409, 413, 421, 422, 423, 425, 429, 500, 502, 503, 504]
    ),
    st.integers(300, 599),
)
answers = st.one_of(
    st.builds(dict, kind=st.sampled_from([Kind.STATUS, Kind.PAGE]), status=statuses, after_write=st.booleans()),
    st.builds(dict, kind=st.just(Kind.CUT), seconds=st.just(0.01), after_write=st.booleans()),
    st.builds(dict, kind=st.sampled_from([Kind.MALFORMED, Kind.BLOCKED, Kind.TOO_MANY])),
    st.builds(dict, kind=st.just(Kind.SLOW), seconds=st.just(0.05)),
)
troubles = st.builds(
    lambda answer, path, count, method: {**answer, "path": path, "count": count, "method": method},
    answers, st.sampled_from(ROUTES), st.integers(1, 4), st.sampled_from(["", "GET", "POST", "PATCH"]),
)  # fmt: skip


def is_honest(trouble: dict[str, Any]) -> bool:
    """What was carried out is not said to be refused, or to have come too early."""
    if not trouble.get("after_write") or trouble["kind"] is Kind.CUT:
        return True
    status = trouble["status"]
    return status not in (403, 429) if trouble["kind"] is Kind.PAGE else status >= 500 or status in (408, 425)


def day(firm: Firm) -> dict[str, tuple[str, int]]:
    """Talks, failed and missed calls of known and unknown clients: by call the client and the seconds of talk."""
    stranger, missed, known, returning = (f"+7916123000{n}" for n in range(4))
    calls = {firm.talk(stranger, "101", seconds=30): (stranger, 30), firm.miss(missed): (missed, 0)}
    calls[firm.talk(known, "101", "102", seconds=20)] = (known, 40)
    go_on(firm)
    calls[firm.fail(returning)] = (returning, 0)
    calls[firm.talk(missed, "102", seconds=10)] = (missed, 10)
    calls[firm.talk(stranger, "102", seconds=15)] = (stranger, 15)
    calls[firm.miss(known)] = (known, 0)
    return calls


def go_on(firm: Firm) -> None:
    """Some of the work is tried, whatever comes of it."""
    with contextlib.suppress(NeedsPerson):
        firm.work()
    firm.due_now()


def recover(firm: Firm) -> None:
    """amoCRM works again, and hours pass."""
    firm.crm.mend()
    with firm.app.app_context():
        crm_access.probe_unpaid()
        crm_access.probe_unconsented()
    for _ in range(3):
        firm.work_through()
        with firm.app.app_context():
            refused = journal.IntentRow.__table__.update().where(journal.IntentRow.state == "refused")
            db.session.execute(refused.values(due_at=db.func.now()))
            db.session.commit()
            if firm.id not in chores.try_refused_again():
                return


PHASES = (Phase.explicit, Phase.generate)  # a day takes a second: to make a failing one smaller takes many
Troubles = list[dict[str, Any]]
honest = troubles.filter(is_honest)
days = given(st.lists(honest, max_size=6), st.lists(honest, max_size=8))


@settings(max_examples=12, phases=PHASES)
@days
def test_every_call_has_one_note_and_the_phonebook_is_whole(
    app: Flask, crm: Crm, before: Troubles, during: Troubles
) -> None:
    live_through(app, crm, before, during)


@pytest.mark.drill
@pytest.mark.timeout(3600)
@settings(max_examples=300, derandomize=False, phases=PHASES)
@days
def test_on_many_days(app: Flask, crm: Crm, before: Troubles, during: Troubles) -> None:
    live_through(app, crm, before, during)


def live_through(app: Flask, crm: Crm, before: Troubles, during: Troubles) -> None:
    """The first troubles come while the phonebook is read, the others around the calls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limiter, "spend", partial(limiter.spend, rate=10_000.0))
        firm = Firm.open(app, crm, f"day{next(NUMBERS)}", default_employee=None)
        known = firm.account.add_contact("Знакомый", ["+79161230002"])
        firm.account.add_lead("Поставка", known)
        for each in before:
            firm.account.spoil(**each)
        go_on(firm)
        for each in during:
            firm.account.spoil(**each)
        calls = day(firm)
        for _ in range(4):
            go_on(firm)
        recover(firm)
        held(firm, calls)


def held(firm: Firm, calls: dict[str, tuple[str, int]]) -> None:
    notes = {each["params"]["uniq"].removeprefix("call-"): each["params"] for each in firm.call_notes()}
    assert Counter(each["params"]["uniq"].removeprefix("call-") for each in firm.call_notes()) == Counter(list(calls))
    assert {call: int(notes[call]["duration"]) for call in calls} == {call: talk for call, (_, talk) in calls.items()}
    cards = [each for each in firm.account.state()["contacts"].values() if not each["is_deleted"]]
    assert Counter(phone for each in cards for phone in phones(each)) == Counter(
        {client for client, _ in calls.values()}
    )
    with firm.app.app_context():
        account = accounts.find(firm.id)
        assert account is not None
        assert account.state is AccountState.CONNECTED
        full_sync.start(firm.id)
        db.session.commit()
    firm.work_through()
    with firm.app.app_context():
        assert phonebook.size(firm.id)["parties"] == len(firm.account.contacts)
