"""What the sandbox sends by itself, when, and how often."""

from __future__ import annotations

import pytest

from sandbox.crm import php
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from tests.sandbox_crm.conftest import NOON, Client
from tests.sandbox_crm.recorder import Recorder


def subscribe(client: Client, recorder: Recorder, *names: str) -> None:
    answer = client.post("/api/v4/webhooks", {"destination": f"{recorder.url}/hook", "settings": list(names)})
    assert answer.status_code == 201, answer.text


def attempts(crm: Crm) -> list[tuple[int, int]]:
    """Minutes since noon and status of every attempt."""
    assert crm.settle()
    return [(int(sent.at - NOON) // 60, sent.status) for sent in crm.sent]


def pass_hours(crm: Crm, hours: int) -> None:
    """Minute by minute; the clock moves on only when everything due is sent."""
    for _ in range(hours * 60):
        assert crm.settle()
        crm.clock.advance(60)


def test_server_errors_are_tried_five_times(crm: Crm, acme: AccountHandle, client: Client, recorder: Recorder) -> None:
    subscribe(client, recorder, "add_lead")
    recorder.answers = [500] * 9
    acme.add_lead("Заявка")
    pass_hours(crm, 3)
    assert attempts(crm) == [(0, 500), (5, 500), (20, 500), (35, 500), (95, 500)]


def test_refusals_are_tried_three_times(crm: Crm, acme: AccountHandle, client: Client, recorder: Recorder) -> None:
    subscribe(client, recorder, "add_lead")
    recorder.answers = [404] * 9
    acme.add_lead("Заявка")
    pass_hours(crm, 3)
    assert attempts(crm) == [(0, 404), (5, 404), (20, 404)]


def test_late_answer_is_a_failure(
    crm: Crm, acme: AccountHandle, client: Client, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.crm.hooks.WEBHOOK_DEADLINE", 0.1)
    subscribe(client, recorder, "add_lead")
    recorder.gate.clear()
    acme.add_lead("Заявка")
    assert attempts(crm) == [(0, 499)]
    recorder.gate.set()
    monkeypatch.setattr("sandbox.crm.hooks.WEBHOOK_DEADLINE", 10.0)
    pass_hours(crm, 1)
    assert attempts(crm) == [(0, 499), (5, 200)]


def test_who_fails_too_often_is_told_no_more(crm: Crm, acme: AccountHandle, client: Client, recorder: Recorder) -> None:
    subscribe(client, recorder, "add_lead")
    recorder.answers = [404] * 200
    for _ in range(101):
        acme.add_lead("Заявка")
    assert len(attempts(crm)) == 101
    assert client.get("/api/v4/webhooks").json()["_embedded"]["webhooks"][0]["disabled"]
    acme.add_lead("Ещё одна")
    pass_hours(crm, 1)
    assert len(attempts(crm)) == 101
    subscribe(client, recorder, "add_lead")
    acme.add_lead("И ещё")
    assert len(attempts(crm)) == 102


def test_unsubscribed_hears_nothing_even_of_what_waited(
    crm: Crm, acme: AccountHandle, client: Client, recorder: Recorder
) -> None:
    subscribe(client, recorder, "add_lead")
    recorder.answers = [500]
    acme.add_lead("Заявка")
    assert crm.settle()
    client.delete("/api/v4/webhooks", {"destination": f"{recorder.url}/hook"})
    pass_hours(crm, 1)
    assert attempts(crm) == [(0, 500)]


def test_own_writes_are_told_too_with_who_made_them(
    crm: Crm, acme: AccountHandle, client: Client, recorder: Recorder
) -> None:
    subscribe(client, recorder, "add_company", "add_contact", "update_contact", "note_lead")
    client.post("/api/v4/companies", [{"name": "Ромашка"}])
    told = php.parse(recorder.next().body)["contacts"]["add"]["0"]
    assert (told["name"], told["type"]) == ("Ромашка", "company")
    phone = {"field_code": "PHONE", "values": [{"value": "+79161234567", "enum_code": "MOB"}]}
    client.post("/api/v4/contacts", [{"name": "Иван", "custom_fields_values": [phone]}])
    told = php.parse(recorder.next().body)["contacts"]["add"]["0"]
    assert told["custom_fields"]["0"]["values"]["0"]["value"] == "+79161234567"
    assert told["modified_user_id"] == str(acme.users[0]["id"])
    client.patch(f"/api/v4/contacts/{told['id']}", {"name": "Иван Сидоров"})
    assert php.parse(recorder.next().body)["contacts"]["update"]["0"]["name"] == "Иван Сидоров"


def test_notes_are_told_when_added_and_not_when_changed(
    crm: Crm, acme: AccountHandle, client: Client, recorder: Recorder
) -> None:
    lead = acme.add_lead("Заявка")
    subscribe(client, recorder, "note_lead", "update_lead")
    notes = f"/api/v4/leads/{lead['id']}/notes"
    note = {"note_type": "common", "params": {"text": "раз"}}
    made = client.post(notes, [note]).json()["_embedded"]["notes"][0]
    told = php.parse(recorder.next().body)
    assert told["leads"]["note"]["0"]["note"]["id"] == str(made["id"])
    assert told["account"]["id"] == str(acme.id)
    client.patch(f"{notes}/{made['id']}", {"note_type": "common", "params": {"text": "два"}})
    assert crm.settle()
    assert recorder.received.empty()


def test_call_note_starts_the_pipeline_unless_told_not_to(
    crm: Crm, acme: AccountHandle, client: Client, recorder: Recorder
) -> None:
    lead = acme.add_lead("Заявка")
    acme.add_pipeline_hook(f"{recorder.url}/dp", "call_in")
    params = {"uniq": "1", "duration": 0, "source": "PBX", "link": "", "phone": "+79161234567"}
    note = {"note_type": "call_in", "params": params, "entity_id": lead["id"]}
    client.post("/api/v4/leads/notes", [{**note, "is_need_to_trigger_digital_pipeline": False}])
    client.post("/api/v4/leads/notes", [note])
    assert crm.settle()
    assert recorder.next().path == "/dp"
    assert recorder.received.empty()


def test_unknown_names_and_strange_addresses_are_refused(acme: AccountHandle, client: Client) -> None:
    for sent in (
        {"destination": "https://a.test", "settings": ["no_such"]},
        {"destination": "ftp://a", "settings": []},
    ):
        assert client.post("/api/v4/webhooks", sent).status_code == 400
    assert client.delete("/api/v4/webhooks", {"destination": "https://a.test"}).status_code == 404
    client.token = acme.tokens(acme.add_user("Борис"))["access_token"]
    assert client.get("/api/v4/webhooks").status_code == 403
