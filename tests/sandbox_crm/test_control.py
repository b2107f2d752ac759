"""The control plane: everything a test in another process needs, and a clear word for nonsense."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import __main__ as entry
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from tests.sandbox_crm.conftest import NOON, Client
from tests.sandbox_crm.recorder import Recorder

ACME = "/_sandbox/accounts/acme"


def test_seeded_by_json_and_read_whole(crm: Crm, control: Client) -> None:
    spec = {
        "subdomain": "gamma",
        "name": "Гамма",
        "users": [{"name": "Галина Ким", "is_admin": True}, {"name": "Денис Фомин"}],
        "companies": [{"name": "Ромашка", "phones": ["4957654321"]}],
        "contacts": [{"name": "Олег", "phones": ["+79161234567"], "id": 45}],
        "leads": [{"name": "Заявка", "_embedded": {"contacts": [{"id": 45}]}}],
    }
    (made,) = control.post("/_sandbox/seed", {"accounts": [spec]}).json()
    state = control.get("/_sandbox/accounts/gamma").json()
    assert [user["is_admin"] for user in state["users"].values()] == [True, False]
    (lead,) = state["leads"].values()
    assert lead["contacts"] == [{"id": 45, "is_main": True}]
    assert {"id": made["id"], "subdomain": "gamma", "url": "https://gamma.amocrm.test"} in control.get(
        "/_sandbox/accounts"
    ).json()
    control.post("/_sandbox/reset", {})
    assert control.get("/_sandbox/accounts").json() == []


def test_requests_are_listed_by_cursor(crm: Crm, acme: AccountHandle, client: Client, control: Client) -> None:
    client.get("/api/v4/account?with=users_groups")
    client.post("/api/v4/leads", [{"name": "Заявка"}])
    first = control.get("/_sandbox/requests?limit=1").json()
    (seen,) = first["requests"]
    assert {k: seen[k] for k in ("method", "path", "query", "account", "status", "at")} == {
        "method": "GET", "path": "/api/v4/account", "query": "with=users_groups", "account": "acme",
        "status": 200, "at": NOON,
    }  # fmt: skip
    rest = control.get(f"/_sandbox/requests?since={first['cursor']}&account=acme").json()
    assert [r["body"] for r in rest["requests"]] == [[{"name": "Заявка"}]]
    assert control.get("/_sandbox/requests?account=beta").json()["requests"] == []
    control.delete("/_sandbox/requests")
    assert control.get("/_sandbox/requests").json()["requests"] == []


def test_faults_and_limits_and_clock(crm: Crm, acme: AccountHandle, client: Client, control: Client) -> None:
    fault = control.post("/_sandbox/faults", {"kind": "status", "path": "account", "status": 502, "count": 1}).json()
    assert client.get("/api/v4/account").status_code == 502
    assert [f["hits"] for f in control.get("/_sandbox/faults").json()] == [1]
    control.delete(f"/_sandbox/faults/{fault['id']}")
    assert control.get("/_sandbox/faults").json() == []
    assert control.post("/_sandbox/limits", {"on": True, "per_client": 0}).json()["per_client"] == 0
    assert client.get("/api/v4/account").status_code == 429
    control.post("/_sandbox/limits", {"on": False})
    control.post("/_sandbox/clock", {"at": NOON + 10, "frozen": True})
    assert control.post("/_sandbox/clock", {"advance": 5}).json()["now"] == NOON + 15
    assert control.post("/_sandbox/clock", {}).json()["now"] > NOON + 86_400


def test_account_is_governed(
    crm: Crm, acme: AccountHandle, client: Client, control: Client, recorder: Recorder
) -> None:
    boris = acme.add_user("Борис")["id"]
    control.ask("PATCH", ACME, {"paid": False})
    assert client.get("/api/v4/account").status_code == 402
    control.ask("PATCH", ACME, {"paid": True, "search_lag": None})
    acme.add_contact("Иван", ["+79161234567"])
    assert client.get("/api/v4/contacts?query=9161234567").status_code == 204
    control.post(f"{ACME}/index", {})
    assert client.get("/api/v4/contacts?query=9161234567").status_code == 200
    control.ask("PATCH", f"{ACME}/users/{boris}", {"is_active": False})
    assert [user["is_active"] for user in acme.users] == [True, False]
    crm.integrate(f"{recorder.url}/oauth")
    assert control.post(f"{ACME}/install", {}).json() == {"status": 200}
    assert "from_widget=1" in recorder.next().path
    assert control.post(f"{ACME}/disable", {}).json() == {"status": 200}
    client.token = control.post(f"{ACME}/tokens", {}).json()["access_token"]
    assert control.post(f"{ACME}/widget_token", {"user_id": boris}).json()["token"].count(".") == 2
    assert control.post(f"{ACME}/revoke", {}).json()["revoked"] >= 2
    assert client.get("/api/v4/account").status_code == 401
    control.post(f"{ACME}/rename", {"subdomain": "acme-new"})
    assert acme.subdomain == "acme-new"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/_sandbox/faults", {"kind": "earthquake"}),
        ("/_sandbox/faults", {"kind": "cut", "path": "("}),
        ("/_sandbox/faults", {"kind": "cut", "wher": "x"}),
        ("/_sandbox/limits", {"speed": 1}),
        ("/_sandbox/clock", {"at": "noon"}),
        ("/_sandbox/clock", {"advance": "nan"}),
        ("/_sandbox/seed", {"accounts": [{}]}),
        ("/_sandbox/seed", []),
        ("/_sandbox/integrations", {"client_id": "x"}),
        ("/_sandbox/accounts/nobody/install", {}),
        (f"{ACME}/accept", {"uid": "x", "user": 1}),
        (f"{ACME}/widget_token", {"user_id": 1}),
    ],
)
def test_nonsense_is_answered_clearly(acme: AccountHandle, control: Client, path: str, sent: Any) -> None:
    answer = control.post(path, sent)
    if sent == []:
        assert answer.json() == []
        return
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_state_file_outlives_the_process(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with Crm(state_file=file) as crm:
        acme = crm.account("acme", "Акме")
        acme.add_user("Анна", admin=True)
        lead = acme.add_lead("Заявка", acme.add_contact("Иван", ["+79161234567"]))
        token = acme.tokens()["access_token"]
        with Client(crm, "acme.localhost", token) as client:
            note = [{"note_type": "common", "params": {"text": "раз"}}]
            assert client.post(f"/api/v4/leads/{lead['id']}/notes", note).status_code == 200
    with Crm(state_file=file) as crm:
        acme = crm.account("acme")
        assert [note["params"] for note in acme.notes_of(lead)] == [{"text": "раз"}]
        assert acme.add_lead("Вторая")["id"] == lead["id"] + 1
        with Client(crm, "acme.localhost", token) as client:
            assert client.get(f"/api/v4/leads/{lead['id']}?with=contacts").json()["_embedded"]["contacts"]


def test_runs_alone_and_stops_when_told() -> None:
    command = [sys.executable, "-m", "sandbox", "crm", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout
        said = [running.stdout.readline() for _ in range(5)]
        address = said[1].split()[0]
        accounts = requests.get(f"{address}/_sandbox/accounts", headers={"Connection": "close"}, timeout=20).json()
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    assert [account["subdomain"] for account in accounts] == ["acme", "beta"]


def test_taken_port_is_one_clear_line(crm: Crm, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["crm", "--port", str(crm.port)]) == 1
    (line,) = "".join(capsys.readouterr()).splitlines()
    assert "choose another with --port" in line


def test_unknown_part_of_the_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["moon"]) == 2
    assert "crm|pbx|demo" in capsys.readouterr().err
