"""The pages: what they tell, what can be pressed, and that nothing a caller sent becomes markup."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.crm.handle import AccountHandle
from sandbox.crm.pages import words
from sandbox.crm.server import Crm
from tests.sandbox_crm.conftest import NOON, Client
from tests.sandbox_crm.stage import EXAMPLES

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def page(client: Client) -> Client:
    """Pages need no token."""
    return Client(client.crm, client.host)


def press(crm: Crm, path: str, **form: object) -> requests.Response:
    with requests.Session() as browser:
        browser.trust_env = False
        headers = {"Host": "acme.amocrm.test", "Connection": "close"}
        return browser.post(crm.address + path, form, headers=headers, allow_redirects=False, timeout=20)


def call(client: Client, lead: int, **params: Any) -> None:
    note = {"uniq": "1", "duration": 0, "source": "PBX", "link": "", "phone": "+79161234567", **params}
    answer = client.post(f"/api/v4/leads/{lead}/notes", [{"note_type": "call_in", "params": note}])
    assert answer.status_code == 200, answer.text


def test_accounts_to_choose_from(crm: Crm, acme: AccountHandle, control: Client) -> None:
    assert 'href="https://acme.amocrm.test/leads"' in control.get("/").text


def test_board_and_card(acme: AccountHandle, client: Client, page: Client) -> None:
    anna = acme.users[0]["id"]
    lead = acme.add_lead(
        "Заявка с сайта", acme.add_contact("Иван Сидоров", ["+7 916"]), anna, "Переговоры", price=48000
    )
    board = page.get("/leads").text
    for told in ("Заявка с сайта", "Иван Сидоров", "Анна Петрова", "48\xa0000\xa0₽", "1 сделка"):
        assert told in board
    call(client, lead["id"], call_status=4, call_responsible=anna, link="https://rec.test/1.mp3")
    assert "идёт разговор" in page.get(f"/leads/detail/{lead['id']}").text
    note = acme.notes_of(lead)[0]
    params = {**note["params"], "duration": 187}
    client.patch(f"/api/v4/leads/notes/{note['id']}", {"note_type": "call_in", "params": params})
    for path in (f"/leads/detail/{lead['id']}", f"/contacts/detail/{acme.contacts[0]['id']}"):
        card = page.get(path).text
        assert "03:07" in card
        assert '<audio controls preload="none" src="https://rec.test/1.mp3">' in card
        assert "идёт разговор" not in card


def test_what_did_not_become_a_talk_says_why(acme: AccountHandle, client: Client, page: Client) -> None:
    lead = acme.add_lead("Заявка")
    call(client, lead["id"], call_status=6, call_responsible="Очередь продаж")
    call(client, lead["id"], call_status=7, call_result="Занято")
    card = page.get(f"/leads/detail/{lead['id']}").text
    for told in ("Пропущенный звонок", "нет ответа", "Очередь продаж", "Занято"):
        assert told in card
    assert "<audio" not in card


def test_nothing_sent_becomes_markup(acme: AccountHandle, client: Client, page: Client) -> None:
    acme.set(name=EVIL)
    lead = acme.add_lead(EVIL, acme.add_contact(EVIL, [EVIL]), acme.add_user(EVIL))
    client.post(f"/api/v4/leads/{lead['id']}/notes", [
        {"note_type": "common", "params": {"text": EVIL}},
        {"note_type": "service_message", "params": {"service": EVIL, "text": EVIL}},
    ])  # fmt: skip
    call(client, lead["id"], call_status=4, duration=5, link=f"javascript:{EVIL}", phone=EVIL, call_responsible=EVIL)
    call(client, lead["id"], call_status=4, duration=5, link=f'https://x/"{EVIL}', call_result=EVIL)
    form = EXAMPLES[46]["request_body"][0]
    metadata = {**form["metadata"], "form_name": EVIL, "form_page": EVIL}
    evil_form = {**form, "source_name": EVIL, "metadata": metadata}
    assert client.post("/api/v4/leads/unsorted/forms", [evil_form]).status_code == 200
    client.post("/api/v2/events", {"add": [{"type": "phone_call", "phone_number": EVIL}]})
    contact = acme.contacts[0]["id"]
    for path in ("/leads", f"/leads/detail/{lead['id']}", "/contacts", f"/contacts/detail/{contact}", "/unsorted",
                 "/notifications", "/"):  # fmt: skip
        answer = page.get(path)
        assert answer.status_code in (200, 302)
        assert "<script>" not in answer.text
        assert "javascript:" not in answer.text


def test_unsorted_is_sorted_with_a_button(crm: Crm, acme: AccountHandle, client: Client, page: Client) -> None:
    for n in (45, 46):
        client.post(EXAMPLES[n]["path"], EXAMPLES[n]["request_body"])
    shown = page.get("/unsorted").text
    assert "Пропущенный звонок +79267778899" in shown
    assert "Обратный звонок: Мария" in shown
    first, second = acme.unsorted
    anna = acme.users[0]["id"]
    assert press(crm, f"/unsorted/{first['uid']}/accept", user_id=anna).status_code == 302
    assert press(crm, f"/unsorted/{second['uid']}/decline", user_id=anna).status_code == 302
    assert press(crm, f"/unsorted/{second['uid']}/accept", user_id=anna).status_code == 302
    assert [lead["id"] for lead in acme.leads] == [first["lead_id"]]
    assert "Всё разобрано" in page.get("/unsorted").text


def test_each_employee_sees_his_own_calls(acme: AccountHandle, client: Client, page: Client) -> None:
    acme.add_user("Борис Волков")
    lead = acme.add_lead("Заявка", acme.add_contact("Иван", ["+79161234567"]))
    shown = {"type": "phone_call", "phone_number": "+79161234567", "users": [acme.users[0]["id"]]}
    client.post("/api/v2/events", {"add": [shown]})
    text = page.get("/notifications").text
    assert text.count("+79161234567") == 1
    assert f'href="/leads/detail/{lead["id"]}"' in text
    assert "Звонков не было" in text


def test_lead_is_moved_on_its_card(crm: Crm, acme: AccountHandle, page: Client) -> None:
    boris, lead = acme.add_user("Борис Волков"), acme.add_lead("Заявка")
    path = f"/leads/detail/{lead['id']}"
    assert press(crm, path, status_id=142, responsible_user_id=boris["id"]).status_code == 302
    assert [(x["status_id"], x["responsible_user_id"]) for x in acme.leads] == [(142, boris["id"])]
    assert press(crm, path, status_id=1).status_code == 400
    assert press(crm, path, responsible_user_id="x").status_code == 400
    assert press(crm, "/leads/detail/1", status_id=142).status_code == 400


def test_pages_of_what_is_not_there(acme: AccountHandle, page: Client) -> None:
    for path in ("/leads/detail/1", "/contacts/detail/1", "/leads/pipeline/1"):
        assert page.get(path).status_code == 404
    page.host = "nobody.amocrm.test"
    assert page.get("/leads").status_code == 404


@pytest.mark.parametrize(
    ("passed", "said"), [(5, "только что"), (300, "5 мин"), (7300, "2 ч"), (90_000, "1 дн"), (-50, "только что")]
)
def test_age(passed: int, said: str) -> None:
    assert words.age(NOON - passed, NOON) == said


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 сделка"), (3, "3 сделки"), (11, "11 сделок"), (12, "12 сделок"), (21, "21 сделка")]
)
def test_plurals(number: int, said: str) -> None:
    assert words.counted(number, "сделка", "сделки", "сделок") == said


def test_moments_are_in_moscow() -> None:
    assert words.moment(NOON, NOON) == "сегодня 19:00"
    assert words.moment(NOON - 86_400, NOON) == "вчера 19:00"
    assert words.moment(NOON - 10 * 86_400, NOON) == "14 ноя 19:00"
