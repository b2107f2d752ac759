"""Who looks at the pages, and what those that run a widget ask of the server."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import requests

from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from sandbox.crm.widgets.archive import NotBuilt, read
from tests.browser import tiny

HOST = {"Host": "acme.amocrm.test", "Connection": "close"}


class Browser:
    """Signed in as one user."""

    def __init__(self, crm: Crm, user: int | None = None) -> None:
        self._crm, self._cookies = crm, {} if user is None else {"user": str(user)}

    def ask(self, method: str, path: str, body: object = None) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            url = self._crm.address + path
            return session.request(
                method, url, json=body, headers=HOST, cookies=self._cookies, allow_redirects=False, timeout=20
            )


@pytest.fixture
def boris(acme: AccountHandle) -> int:
    return int(acme.add_user("Борис Волков")["id"])


def test_a_link_signs_in_and_leads_to_a_page_of_the_account(crm: Crm, acme: AccountHandle, boris: int) -> None:
    answer = Browser(crm).ask("GET", f"/enter/{boris}?to=/contacts&lang=en")
    assert answer.headers["Location"] == "/contacts"
    assert f"user={boris};" in answer.headers["Set-Cookie"]
    assert [user["lang"] for user in acme.users] == ["ru", "en"]
    assert "вы: <b>Борис Волков</b>" in Browser(crm, boris).ask("GET", "/leads").text
    assert "вы: <b>Анна Петрова</b>" in Browser(crm).ask("GET", "/leads").text


@pytest.mark.parametrize("to", ["//evil.test/x", "https://evil.test", "/\\evil.test", ""])
def test_it_leads_nowhere_else(crm: Crm, boris: int, to: str) -> None:
    assert Browser(crm).ask("GET", f"/enter/{boris}?to={to}").headers["Location"] == "/leads"


def test_nobody_signs_in_as_a_stranger_or_as_one_who_left(crm: Crm, acme: AccountHandle, boris: int) -> None:
    acme.set_user(boris, is_active=False)
    galina = crm.account("beta").add_user("Галина")["id"]
    for user in (boris, galina, 1):
        assert Browser(crm).ask("GET", f"/enter/{user}").status_code == 400
        assert "вы: <b>Анна Петрова</b>" in Browser(crm, user).ask("GET", "/leads").text


def test_an_administrator_alone_turns_a_widget_on_and_off(
    crm: Crm, acme: AccountHandle, boris: int, tmp_path: Path
) -> None:
    crm.install_widget(tiny.make(tmp_path / "tiny"))
    for path in ("install", "settings", "disable"):
        assert Browser(crm, boris).ask("POST", f"/_widget/{path}", {}).status_code == 403
    anna = Browser(crm, acme.users[0]["id"])
    assert anna.ask("POST", "/_widget/install", {}).json()["status"] == "not_configured"
    assert anna.ask("POST", "/_widget/settings", {"key": "1"}).json()["status"] == "installed"
    assert anna.ask("POST", "/_widget/disable", {}).json()["status"] == "install"


def test_calls_of_the_older_api_are_told_to_their_user(crm: Crm, acme: AccountHandle, boris: int) -> None:
    token = acme.tokens()["access_token"]
    shown = {"add": [{"type": "phone_call", "phone_number": "+79161234567", "users": [boris]}]}
    with requests.Session() as session:
        session.trust_env = False
        headers = {**HOST, "Authorization": f"Bearer {token}"}
        assert session.post(f"{crm.address}/api/v2/events", json=shown, headers=headers, timeout=20).ok
    calls = Browser(crm, boris).ask("GET", "/_widget/calls?after=0").json()["calls"]
    assert [call["phone"] for call in calls] == ["+79161234567"]
    assert Browser(crm, boris).ask("GET", f"/_widget/calls?after={calls[0]['id']}").json()["calls"] == []
    assert Browser(crm).ask("GET", "/_widget/calls?after=0").json()["calls"] == []


def test_files_of_the_archive_and_nothing_else(crm: Crm, acme: AccountHandle, tmp_path: Path) -> None:
    browser, folder = Browser(crm), tiny.make(tmp_path / "tiny")
    assert browser.ask("GET", "/widgets/pbx_link/script.js").status_code == 404
    crm.install_widget(folder)
    assert browser.ask("GET", "/widgets/pbx_link/script.js").text == (folder / "script.js").read_text()
    for path in ("/widgets/pbx_link/../../secret", "/widgets/other/script.js", "/vendor/other.js"):
        assert browser.ask("GET", path).status_code == 404
    assert "define" in browser.ask("GET", "/vendor/require.js").text


def test_an_archive_is_a_zip_or_a_folder(tmp_path: Path) -> None:
    folder = tiny.make(tmp_path / "tiny")
    with zipfile.ZipFile(tmp_path / "widget.zip", "w") as archive:
        for file in folder.rglob("*.*"):
            archive.write(file, file.relative_to(folder))
    assert read(tmp_path / "widget.zip") == read(folder)
    assert read(folder).say("widget.call_action", "en") == "Dial"
    assert read(folder).say("widget.unknown", "en") == "widget.unknown"
    (folder / "script.js").unlink()
    with pytest.raises(NotBuilt, match=r"no script\.js"):
        read(folder)
    with pytest.raises(NotBuilt, match="make widget"):
        read(tmp_path / "nothing")


def test_a_button_of_the_demo_does_what_it_says(crm: Crm, acme: AccountHandle) -> None:
    pressed: list[str] = []
    crm.parts.buttons["Клиент звонит"] = lambda: pressed.append("звонит")
    assert "Клиент звонит" in Browser(crm).ask("GET", "/leads").text
    assert Browser(crm).ask("POST", "/_sandbox/buttons/Клиент звонит").status_code == 204
    assert pressed == ["звонит"]
    assert Browser(crm).ask("POST", "/_sandbox/buttons/Другое").status_code == 400


def test_what_a_page_knows_is_no_markup(crm: Crm, acme: AccountHandle, tmp_path: Path) -> None:
    crm.install_widget(tiny.make(tmp_path / "tiny"))
    lead = acme.add_lead("</script><script>alert(1)</script>")
    page = Browser(crm).ask("GET", f"/leads/detail/{lead['id']}").text
    assert "<script>alert" not in page
    told = page.partition('id="page">')[2].partition("</script>")[0]
    assert json.loads(told)["card"]["name"] == lead["name"]
