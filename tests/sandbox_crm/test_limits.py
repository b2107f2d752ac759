"""Seven a second, fifty for all, then no more."""

from __future__ import annotations

from sandbox.crm.handle import AccountHandle
from sandbox.crm.limits import Limiter, Limits, Verdict
from sandbox.crm.server import Crm
from tests.sandbox_crm.conftest import Client, client_of


def statuses(client: Client, times: int) -> list[int]:
    return [client.get("/api/v4/account").status_code for _ in range(times)]


def test_eighth_request_of_a_second_is_refused_and_the_next_second_is_free(
    crm: Crm, acme: AccountHandle, client: Client
) -> None:
    crm.limit(Limits())
    assert statuses(client, 8) == [200] * 7 + [429]
    crm.clock.advance(1.0)
    assert statuses(client, 1) == [200]


def test_accounts_do_not_share_a_limit(crm: Crm, acme: AccountHandle, client: Client) -> None:
    crm.limit(Limits())
    beta = crm.account("beta")
    beta.add_user("Галина Ким", admin=True)
    assert statuses(client, 8)[-1] == 429
    with client_of(crm, beta) as other:
        assert statuses(other, 1) == [200]


def test_who_goes_on_is_banned_for_a_while(crm: Crm, client: Client) -> None:
    crm.limit(Limits(per_client=1, refusals=3, ban=60.0))
    assert statuses(client, 6) == [200, 429, 429, 429, 429, 403]
    assert client.get("/api/v4/account").headers["Content-Type"].startswith("text/html")
    crm.clock.advance(60.0)
    assert statuses(client, 1) == [200]


def test_refusals_can_be_html_and_say_when_to_come_back(crm: Crm, client: Client) -> None:
    crm.limit(Limits(per_client=0, retry_after=7))
    assert client.get("/api/v4/account").json()["retry_after"] == 7
    crm.limit(Limits(per_client=0, html=True))
    assert client.get("/api/v4/account").text.startswith("<html>")


def test_an_account_has_a_limit_over_all_integrations() -> None:
    limiter = Limiter()
    verdicts = [limiter.ask(1, f"integration {n % 10}", 100.0) for n in range(51)]
    assert verdicts == [Verdict.PASS] * 50 + [Verdict.TOO_MANY]
    assert limiter.ask(2, "integration 1", 100.0) is Verdict.PASS


def test_window_slides() -> None:
    limiter = Limiter()
    asked = [limiter.ask(1, "i", 100.0 + n / 7) for n in range(14)]
    assert set(asked) == {Verdict.PASS}
    assert limiter.ask(1, "i", 101.9) is Verdict.TOO_MANY


def test_clock_set_back_forgets_what_is_ahead() -> None:
    limiter = Limiter()
    assert {limiter.ask(1, "i", 500.0) for _ in range(7)} == {Verdict.PASS}
    assert limiter.ask(1, "i", 100.0) is Verdict.PASS
