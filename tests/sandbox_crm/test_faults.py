"""Every kind of trouble, and that it hits what it was told to hit."""

from __future__ import annotations

import threading

import pytest
import requests

from sandbox.crm.faults import Fault, Kind
from sandbox.crm.handle import UNTIL_TOLD, AccountHandle
from sandbox.crm.server import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Crm
from sandbox.crm.traffic import Phase, Request
from tests.sandbox_crm.conftest import Client, client_of

LEAD = [{"name": "Звонок"}]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_status_instead_of_the_write(acme: AccountHandle, client: Client, status: int) -> None:
    acme.spoil(Kind.STATUS, "^/api/v4/leads$", status=status, count=1, method="POST")
    assert client.get("/api/v4/account").status_code == 200
    assert client.post("/api/v4/leads", LEAD).status_code == status
    assert acme.leads == []
    assert client.post("/api/v4/leads", LEAD).status_code == 200


def test_status_after_the_write(acme: AccountHandle, client: Client) -> None:
    acme.spoil(Kind.STATUS, "^/api/v4/leads", status=504, after_write=True)
    assert client.post("/api/v4/leads", LEAD).status_code == 504
    assert len(acme.leads) == 1


def test_cut_after_the_write_leaves_it_written(acme: AccountHandle, client: Client) -> None:
    acme.spoil(Kind.CUT, "^/api/v4/leads", after_write=True, count=1)
    with pytest.raises(requests.ConnectionError):
        client.post("/api/v4/leads", LEAD)
    assert len(acme.leads) == 1
    (cut,) = [seen for seen in acme.requests() if seen.fault]
    assert (cut.status, cut.fault) == (None, "cut")


def test_cut_before_the_write(acme: AccountHandle, client: Client) -> None:
    acme.spoil(Kind.CUT, "^/api/v4/leads")
    with pytest.raises(requests.ConnectionError):
        client.post("/api/v4/leads", LEAD)
    assert acme.leads == []


def test_held_connection_is_let_go_when_mended(crm: Crm, acme: AccountHandle, client: Client) -> None:
    held = threading.Event()
    crm.on_request.append(lambda phase, request: held.set() if phase is Phase.AFTER_COMMIT else None)
    acme.spoil(Kind.CUT, "^/api/v4/leads", after_write=True, seconds=600)
    failures: list[Exception] = []

    def write() -> None:
        try:
            client.post("/api/v4/leads", LEAD)
        except requests.ConnectionError as error:
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    assert held.wait(10)
    assert len(acme.leads) == 1
    assert writer.is_alive()
    crm.mend()
    writer.join(10)
    assert len(failures) == 1


def test_slow_still_answers(acme: AccountHandle, client: Client) -> None:
    fault = acme.spoil(Kind.SLOW, "^/api/v4/account", seconds=0.01)
    assert client.get("/api/v4/account").status_code == 200
    assert fault.hits == 1


def test_too_many_blocked_and_malformed(acme: AccountHandle, client: Client) -> None:
    acme.spoil(Kind.TOO_MANY, "^/api/v4/account", count=2, retry_after=3)
    assert [client.get("/api/v4/account").json().get("retry_after") for _ in range(3)] == [3, 3, None]
    acme.spoil(Kind.BLOCKED, "^/api/v4/account", count=1)
    assert "nginx" in client.get("/api/v4/account").text
    acme.spoil(Kind.MALFORMED, "^/api/v4/account", count=1)
    with pytest.raises(requests.JSONDecodeError):
        client.get("/api/v4/account").json()


def test_dropped_refresh_answer_uses_the_token_up(acme: AccountHandle, client: Client) -> None:
    token = acme.tokens()["refresh_token"]
    acme.drop_refresh_answer()
    body = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": REDIRECT_URI,
        "grant_type": "refresh_token",
        "refresh_token": token,
    }
    with pytest.raises(requests.ConnectionError):
        client.post("/oauth2/access_token", body)
    assert client.post("/oauth2/access_token", body).json()["hint"] == "Token has been revoked"


def test_other_accounts_are_spared(crm: Crm, acme: AccountHandle, client: Client) -> None:
    beta = crm.account("beta")
    beta.add_user("Галина Ким", admin=True)
    acme.spoil(Kind.STATUS, "/api/v4/account")
    assert client.get("/api/v4/account").status_code == 500
    with client_of(crm, beta) as other:
        assert other.get("/api/v4/account").status_code == 200


def test_chance_is_the_same_for_the_same_seed() -> None:
    asked = Request(n=1, at=0, method="GET", host="h", path="/api/v4/leads", query="", body=None)

    def hits(seed: int) -> list[bool]:
        fault = Fault(kind=Kind.STATUS, probability=0.2, seed=seed)
        return [fault.takes(asked, "") for _ in range(500)]

    assert hits(1) == hits(1) != hits(2)
    assert 60 < sum(hits(1)) < 140


def test_search_lags_for_seconds(crm: Crm, acme: AccountHandle, client: Client) -> None:
    acme.set(search_lag=3.0)
    acme.add_contact("Иван", ["+79161234567"])
    assert client.get("/api/v4/contacts?query=9161234567").status_code == 204
    assert client.get("/api/v4/contacts").status_code == 200
    crm.clock.advance(3.0)
    assert client.get("/api/v4/contacts?query=9161234567").status_code == 200


def test_search_lags_until_told(crm: Crm, acme: AccountHandle, client: Client) -> None:
    acme.set(search_lag=UNTIL_TOLD)
    acme.add_contact("Иван", ["+79161234567"])
    crm.clock.advance(86_000)
    assert client.get("/api/v4/contacts?query=9161234567").status_code == 204
    acme.index_now()
    assert client.get("/api/v4/contacts?query=9161234567").status_code == 200


def test_hooks_see_each_phase_of_a_request_in_order(crm: Crm, acme: AccountHandle, client: Client) -> None:
    seen: list[tuple[Phase, int | None, int]] = []
    answered = threading.Event()

    def watch(phase: Phase, request: Request) -> None:
        seen.append((phase, request.status, len(acme.leads)))
        if phase is Phase.AFTER:
            answered.set()

    crm.on_request.append(watch)
    client.post("/api/v4/leads", LEAD)
    assert answered.wait(10)
    assert seen == [(Phase.BEFORE, None, 0), (Phase.AFTER_COMMIT, 200, 1), (Phase.AFTER, 200, 1)]
