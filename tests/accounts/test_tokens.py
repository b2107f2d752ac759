"""Tokens: renewed ahead of time, once, and never lost; and what is seen when they cannot be."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from backend import crm_access as errands
from backend.amocrm import requests
from backend.amocrm.errors import Need, NeedsPerson, TryLater
from backend.config import Settings
from backend.installs import connect
from backend.store import accounts, db, tokens
from backend.store.accounts import Account, AccountState
from sandbox.crm.faults import Kind
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from sandbox.crm.traffic import Phase, Request

from .conftest import age_tokens, fresh, granted, host_of

DAY = 86_400
EXCHANGE = "/oauth2/access_token"
ROOT = Path(__file__).parents[2]

Two = tuple[AccountHandle, AccountHandle]


def ask(account_id: int) -> object:
    client = errands.client_for(account_id)
    try:
        return client.send(requests.account())
    finally:
        client.close()


def exchanges(office: AccountHandle) -> int:
    return sum(each.path == EXCHANGE for each in office.requests())


def account(office: AccountHandle) -> Account:
    fresh()
    found = accounts.find(office.id)
    assert found is not None
    return found


def test_a_young_token_is_used_as_it_is(connected: Two) -> None:
    acme, beta = connected
    age_tokens(acme.id, 0.74 * DAY)
    ask(acme.id)
    assert (exchanges(acme), exchanges(beta)) == (0, 0)


def test_no_request_waits_for_a_renewal_that_can_wait(connected: Two) -> None:
    """From three quarters of its life on a token is renewed beside the calls, once, not before one."""
    acme, beta = connected
    age_tokens(acme.id, 0.76 * DAY)
    ask(acme.id)
    assert exchanges(acme) == 0
    assert [errands.renew_due_tokens() for _ in range(2)] == [1, 0]
    ask(acme.id)
    assert (exchanges(acme), exchanges(beta)) == (1, 0)


def test_a_token_that_has_ended_is_renewed_by_the_first_request(connected: Two) -> None:
    acme, _ = connected
    age_tokens(acme.id, DAY)
    ask(acme.id)
    assert exchanges(acme) == 1


def test_idle_accounts_are_renewed_too(connected: Two) -> None:
    acme, beta = connected
    age_tokens(beta.id, 0.76 * DAY)
    assert errands.renew_due_tokens() == 1
    assert (exchanges(acme), exchanges(beta)) == (0, 1)
    assert errands.renew_due_tokens() == 0


def test_a_revoked_access_token_is_renewed_and_the_request_repeated_once(connected: Two) -> None:
    acme, _ = connected
    acme.revoke_tokens(("access",))
    assert ask(acme.id)
    assert exchanges(acme) == 1


@pytest.mark.parametrize("trouble", [{"status": 503}, {"kind": Kind.BLOCKED}, {"kind": Kind.TOO_MANY}])
def test_while_the_old_token_works_a_failed_renewal_stops_nothing(
    connected: Two, crm: Crm, trouble: dict[str, object]
) -> None:
    acme, _ = connected
    age_tokens(acme.id, 0.76 * DAY)
    crm.spoil(**{"kind": Kind.STATUS, **trouble}, path=EXCHANGE)  # type: ignore[arg-type]
    errands.renew_due_tokens()
    assert exchanges(acme) >= 1
    assert ask(acme.id)
    assert account(acme).state is AccountState.CONNECTED


@pytest.mark.parametrize("trouble", [{"status": 503}, {"kind": Kind.BLOCKED}, {"kind": Kind.TOO_MANY}])
def test_a_passing_trouble_gives_no_account_up(connected: Two, crm: Crm, trouble: dict[str, object]) -> None:
    acme, _ = connected
    acme.revoke_tokens(("access",))
    crm.spoil(**{"kind": Kind.STATUS, **trouble}, path=EXCHANGE)  # type: ignore[arg-type]
    with pytest.raises(TryLater):
        ask(acme.id)
    crm.mend()
    assert account(acme).state is AccountState.CONNECTED
    assert ask(acme.id)


def test_a_token_that_is_refused_though_it_is_new_waits(connected: Two, crm: Crm) -> None:
    """A 401 comes for many reasons; only a refused renewal ends a grant."""
    acme, beta = connected
    crm.spoil(Kind.STATUS, "/api/v4/", status=401, account="acme")
    with pytest.raises(TryLater):
        ask(acme.id)
    assert account(acme).state is AccountState.CONNECTED
    crm.mend()
    assert ask(acme.id)
    assert ask(beta.id)


REASONLESS = [
    {"status": 400}, {"status": 401}, {"status": 404}, {"kind": Kind.PAGE, "status": 400},
    {"kind": Kind.PAGE, "status": 401}, {"kind": Kind.PAGE, "status": 302},
]  # fmt: skip


@pytest.mark.parametrize("trouble", REASONLESS)
def test_a_refused_renewal_without_a_reason_ends_no_grant(connected: Two, crm: Crm, trouble: dict[str, object]) -> None:
    acme, _ = connected
    acme.revoke_tokens(("access",))
    crm.spoil(**{"kind": Kind.STATUS, **trouble}, path=EXCHANGE)  # type: ignore[arg-type]
    with pytest.raises(TryLater):
        ask(acme.id)
    crm.mend()
    assert account(acme).state is AccountState.CONNECTED
    assert ask(acme.id)


def test_a_refusal_counts_for_the_tokens_it_was_said_to(connected: Two, crm: Crm) -> None:
    """The administrator gives his consent anew while amoCRM refuses the old tokens."""
    acme, _ = connected
    acme.revoke_tokens()
    stale = errands.AccountVault(acme.id).read()
    connect(host_of(acme), granted(acme))
    late = errands.AccountVault(acme.id).refuse(NeedsPerson(Need.REAUTHORISE, "Token has been revoked"), stale)
    assert isinstance(late, TryLater)
    assert account(acme).state is AccountState.CONNECTED
    assert ask(acme.id)


def test_who_waits_for_a_consent_is_asked_whether_it_works_again(connected: Two) -> None:
    acme, beta = connected
    with tokens.hold(acme.id) as held:
        assert held.stored is not None
    assert tokens.give_up(acme.id, held.stored.access, "amoCRM refused by mistake")
    assert errands.probe_unconsented() == 1
    assert account(acme).state is AccountState.CONNECTED
    acme.revoke_tokens()
    with pytest.raises(NeedsPerson):
        ask(acme.id)
    assert errands.probe_unconsented() == 0
    assert account(acme).state is AccountState.NEEDS_REAUTHORISATION
    assert account(beta).state is AccountState.CONNECTED


def test_tokens_without_amocrms_time_are_as_old_as_our_clock_says(connected: Two, crm: Crm) -> None:
    acme, _ = connected
    acme.revoke_tokens(("access",))
    crm.spoil(Kind.WITHOUT, EXCHANGE, key="server_time")
    for _ in range(3):
        assert ask(acme.id)
    assert exchanges(acme) == 1


def test_a_renewal_that_the_database_does_not_wait_for_keeps_its_tokens(
    connected: Two, crm: Crm, ours: Settings
) -> None:
    """The session that holds the tokens' lock is ended while amoCRM takes its time: the old tokens are used up."""
    acme, _ = connected
    acme.revoke_tokens(("access",))
    crm.on_request.append(lambda phase, request: end_waiting(ours) if is_exchange(phase, request) else None)
    assert ask(acme.id)
    crm.on_request.clear()
    assert ask(acme.id)
    assert exchanges(acme) == 1


def end_waiting(ours: Settings) -> None:
    """As the database does with a transaction that is idle for too long."""
    with psycopg.connect(ours.libpq_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and state = 'idle in transaction'"
        )


def test_a_renewal_may_take_longer_than_a_transaction_may_stand_still(connected: Two) -> None:
    acme, _ = connected
    with tokens.hold(acme.id) as held:
        limit = held._session.scalar(text("show idle_in_transaction_session_timeout"))
    assert limit == "5min"


@pytest.mark.usefixtures("impatient")
def test_a_lost_answer_is_asked_for_once_more(connected: Two, crm: Crm) -> None:
    """amoCRM got nothing: the same refresh token works."""
    acme, _ = connected
    acme.revoke_tokens(("access",))
    crm.spoil(Kind.CUT, EXCHANGE, count=1)
    assert ask(acme.id)
    assert account(acme).state is AccountState.CONNECTED


@pytest.mark.usefixtures("impatient")
def test_a_lost_answer_with_grace_is_no_loss(connected: Two, crm: Crm) -> None:
    acme, _ = connected
    crm.use_grace(True)
    acme.revoke_tokens(("access",))
    crm.spoil(Kind.CUT, EXCHANGE, after_write=True, count=1)
    assert ask(acme.id)
    assert account(acme).state is AccountState.CONNECTED


@pytest.mark.usefixtures("impatient")
def test_a_lost_answer_without_grace_needs_a_person(connected: Two, crm: Crm) -> None:
    acme, beta = connected
    acme.revoke_tokens(("access",))
    crm.spoil(Kind.CUT, EXCHANGE, after_write=True, count=1)
    with pytest.raises(NeedsPerson) as refusal:
        ask(acme.id)
    assert refusal.value.need is Need.REAUTHORISE
    seen = account(acme)
    assert (seen.state, "Token has been revoked" in seen.state_reason) == (AccountState.NEEDS_REAUTHORISATION, True)
    assert account(beta).state is AccountState.CONNECTED


def test_an_account_that_waits_for_a_person_sends_nothing(connected: Two) -> None:
    acme, beta = connected
    acme.revoke_tokens()
    with pytest.raises(NeedsPerson):
        ask(acme.id)
    since, sent = account(acme).state_since, len(acme.requests())
    with pytest.raises(NeedsPerson):
        ask(acme.id)
    assert len(acme.requests()) == sent
    assert account(acme).state_since == since
    assert ask(beta.id)


def test_our_own_wrong_keys_give_no_account_up(connected: Two, make_app: object) -> None:
    acme, _ = connected
    acme.revoke_tokens(("access",))
    with make_app(amocrm_client_secret="mistyped").app_context(), pytest.raises(TryLater, match="client_secret"):  # type: ignore[operator]
        ask(acme.id)
    assert account(acme).state is AccountState.CONNECTED


def test_a_renamed_account_is_found_again(connected: Two) -> None:
    acme, beta = connected
    acme.rename("acme-new")
    assert ask(acme.id)
    assert account(acme).host == host_of(acme)
    assert account(beta).host == host_of(beta)


def test_a_renamed_account_is_found_when_its_token_is_renewed(connected: Two) -> None:
    acme, _ = connected
    acme.rename("acme-new")
    age_tokens(acme.id, 2 * DAY)
    assert ask(acme.id)
    assert account(acme).host == host_of(acme)


def test_a_ban_leaves_amocrm_alone(connected: Two, crm: Crm) -> None:
    acme, beta = connected
    crm.spoil(Kind.BLOCKED, "/api/v4/account", account="acme", count=1)
    with pytest.raises(NeedsPerson) as refusal:
        ask(acme.id)
    assert refusal.value.need is Need.BLOCKED
    sent = len(acme.requests())
    with pytest.raises(TryLater) as later:
        ask(acme.id)
    assert 0 < (later.value.retry_after or 0) <= errands.LEFT_ALONE
    assert len(acme.requests()) == sent
    assert account(acme).state is AccountState.CONNECTED
    assert ask(beta.id)


def test_an_unpaid_account_waits_and_comes_back_by_itself(connected: Two) -> None:
    acme, beta = connected
    acme.set(paid=False)
    with pytest.raises(TryLater):
        ask(acme.id)
    over(acme, "blocked_until")
    with pytest.raises(NeedsPerson):
        ask(acme.id)
    assert account(acme).state is AccountState.UNPAID
    assert account(beta).state is AccountState.CONNECTED
    assert errands.probe_unpaid() == 0
    acme.set(paid=True)
    assert errands.probe_unpaid() == 1
    assert account(acme).state is AccountState.CONNECTED
    assert ask(acme.id)


def over(office: AccountHandle, moment: str) -> None:
    """What the account waits for until this moment is over."""
    db.session.execute(text(f"update accounts set {moment} = now() where id = :id"), {"id": office.id})
    db.session.commit()


def test_a_402_that_comes_and_goes_is_not_believed(connected: Two, crm: Crm) -> None:
    acme, _ = connected
    for _ in range(3):
        crm.spoil(Kind.STATUS, "/api/v4/", status=402, account="acme", count=1)
        with pytest.raises(TryLater) as later:
            ask(acme.id)
        assert later.value.retry_after == errands.ASKED_AGAIN
        with pytest.raises(TryLater):
            ask(acme.id)
        over(acme, "blocked_until")
        assert ask(acme.id)
        assert account(acme).state is AccountState.CONNECTED


def test_a_long_lived_token_is_never_renewed(connected: Two) -> None:
    acme, _ = connected
    with tokens.hold(acme.id) as held:
        stored = held.stored
        assert stored is not None
        held.keep(host=stored.host, access=stored.access, refresh=None, refreshed_at=0.0, expires_at=None)
    assert ask(acme.id)
    acme.revoke_tokens()
    with pytest.raises(NeedsPerson):
        ask(acme.id)
    assert exchanges(acme) == 0
    assert account(acme).state is AccountState.NEEDS_REAUTHORISATION


PROCESS = """
import json, sys
from backend import create_app, crm_access
from backend.amocrm import requests
from backend.config import Settings

settings, account_id = Settings.model_validate(json.loads(sys.argv[1])), int(sys.argv[2])
with create_app(settings).app_context():
    client = crm_access.client_for(account_id)
    print(client.send(requests.account())["id"])
"""


def test_processes_asking_together_make_one_request(connected: Two, crm: Crm, ours: Settings) -> None:
    """amoCRM answers the first only when the two others wait for the lock."""
    acme, _ = connected
    age_tokens(acme.id, 2 * DAY)
    address = ours.model_copy(update={"public_url": redirect_base(crm)}).model_dump_json()
    crm.on_request.append(lambda phase, request: wait_for_waiters(ours, 2) if is_exchange(phase, request) else None)
    with contextlib.ExitStack() as undo:
        asking = [undo.enter_context(started(address, acme.id)) for _ in range(3)]
        answers = [each.communicate(timeout=30)[0] for each in asking]
    assert answers == [f"{acme.id}\n"] * 3
    assert exchanges(acme) == 1


@contextlib.contextmanager
def started(address: str, account_id: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PROCESS, address, str(account_id)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield process
        process.kill()


def is_exchange(phase: Phase, request: Request) -> bool:
    return phase is Phase.BEFORE and request.path == EXCHANGE


def wait_for_waiters(ours: Settings, count: int) -> None:
    """Returns when so many transactions wait for a row; fails after 10 s, when they will not."""
    deadline = time.monotonic() + 10
    with psycopg.connect(ours.libpq_url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            (waiting,) = connection.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            ).fetchone() or (0,)
            if waiting >= count:
                return


def redirect_base(crm: Crm) -> str:
    (integration,) = crm.parts.world.integrations.values()
    return integration.redirect_uri.rpartition("/oauth/")[0]


def test_the_budget_is_shared_and_kept(app: Flask, connected: Two) -> None:
    acme, beta = connected
    for _ in range(3):
        with accounts.budget(acme.id) as budget:
            budget.tat = max(budget.tat, budget.now) + 1
    with accounts.budget(acme.id) as spent:
        assert spent.tat - spent.now > 2
    with accounts.budget(beta.id) as whole:
        assert whole.tat - whole.now < 1  # but for the requests of its own install


def test_far_too_much_work_is_told_instead_of_slept_over(connected: Two) -> None:
    acme, beta = connected
    with accounts.budget(acme.id) as budget:
        budget.tat = budget.now + 60
    with pytest.raises(TryLater) as later:
        ask(acme.id)
    assert 50 < (later.value.retry_after or 0) <= 60
    assert ask(beta.id)
