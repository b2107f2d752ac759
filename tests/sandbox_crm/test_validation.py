"""Bad input: the code and the path amoCRM names, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.crm.handle import AccountHandle
from tests.sandbox_crm.conftest import Client
from tests.sandbox_crm.stage import EXAMPLES

CALL = EXAMPLES[36]["request_body"][0]["params"]
PHONE = {"field_code": "PHONE", "values": [{"value": "+79161234567", "enum_code": "WORK"}]}


def errors(client: Client, path: str, item: Any) -> list[tuple[str, str]]:
    answer = client.post(path, [item])
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    (report,) = answer.json()["validation-errors"]
    return [(error["code"], error["path"]) for error in report["errors"]]


CARDS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("leads", {"name": 5}, ("InvalidType", "name")),
    ("leads", {"name": "x" * 256}, ("InvalidLength", "name")),
    ("leads", {"price": "5"}, ("InvalidType", "price")),
    ("leads", {"status_id": 1}, ("NotSupportedChoice", "status_id")),
    ("leads", {"pipeline_id": 1}, ("NotSupportedChoice", "pipeline_id")),
    ("leads", {"created_by": 5}, ("NotSupportedChoice", "created_by")),
    ("leads", {"responsible_user_id": None}, ("NotNullable", "responsible_user_id")),
    ("leads", {"nmae": "x"}, ("FieldUnexpected", "nmae")),
    ("leads", {"_embedded": {"contacts": [{"id": 1}]}}, ("NotSupportedChoice", "_embedded.contacts.0.id")),
    ("leads", {"_embedded": {"contacts": [{}]}}, ("FieldMissing", "_embedded.contacts.0.id")),
    ("leads", {"custom_fields_values": [{"field_code": "NO", "values": []}]},
     ("NotSupportedChoice", "custom_fields_values.0.field_code")),
    ("contacts", {"custom_fields_values": [{"field_id": 1, "values": []}]},
     ("NotSupportedChoice", "custom_fields_values.0.field_id")),
    ("contacts", {"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": 7}]}]},
     ("InvalidType", "custom_fields_values.0.values.0.value")),
    ("contacts", {"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "7", "enum_code": "X"}]}]},
     ("NotSupportedChoice", "custom_fields_values.0.values.0.enum_code")),
    ("contacts", {"custom_fields_values": {}}, ("InvalidType", "custom_fields_values")),
    ("companies", {"first_name": "x"}, ("FieldUnexpected", "first_name")),
    ("tasks", {"text": "x"}, ("FieldMissing", "complete_till")),
    ("tasks", {"text": "x", "complete_till": 1, "entity_id": 5, "entity_type": "leads"},
     ("NotSupportedChoice", "entity_id")),
    ("calls", {"direction": "up", "duration": 1, "source": "s", "phone": "7"}, ("NotSupportedChoice", "direction")),
    ("calls", {"direction": "inbound", "duration": 1, "source": "s"}, ("FieldMissing", "phone")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "item", "error"), CARDS)
def test_cards(acme: AccountHandle, client: Client, kind: str, item: Any, error: tuple[str, str]) -> None:
    assert errors(client, f"/api/v4/{kind}", item) == [error]


NOTES: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"params": {"text": "x"}}, ("FieldMissing", "note_type")),
    ({"note_type": "common"}, ("FieldMissing", "params")),
    ({"note_type": "dance", "params": {}}, ("NotSupportedChoice", "note_type")),
    ({"note_type": "common", "params": {}}, ("FieldMissing", "params.text")),
    ({"note_type": "common", "params": []}, ("InvalidType", "params")),
    ({"note_type": "call_in", "params": {**CALL, "call_status": 9}}, ("NotSupportedChoice", "params.call_status")),
    ({"note_type": "call_in", "params": {**CALL, "call_result": None}}, ("NotNullable", "params.call_result")),
    ({"note_type": "call_in", "params": {**CALL, "link": "x" * 256}}, ("InvalidLength", "params.link")),
    ({"note_type": "call_in", "params": {**CALL, "duration": "5"}}, ("InvalidType", "params.duration")),
    ({"note_type": "call_in", "params": {**CALL, "mood": "x"}}, ("FieldUnexpected", "params.mood")),
]


@pytest.mark.parametrize(("item", "error"), NOTES)
def test_notes(acme: AccountHandle, client: Client, item: Any, error: tuple[str, str]) -> None:
    lead = acme.add_lead("Заявка")
    assert errors(client, f"/api/v4/leads/{lead['id']}/notes", item) == [error]
    assert errors(client, "/api/v4/leads/1/notes", {"note_type": "common", "params": {"text": "x"}}) == [
        ("NotSupportedChoice", "entity_id")
    ]


def test_deactivated_user_cannot_be_responsible(acme: AccountHandle, client: Client) -> None:
    gone = acme.add_user("Борис Волков")
    acme.set_user(gone, is_active=False)
    item = {"name": "X", "responsible_user_id": gone["id"]}
    assert errors(client, "/api/v4/contacts", item) == [("NotSupportedChoice", "responsible_user_id")]


def test_one_bad_item_fails_the_batch(acme: AccountHandle, client: Client) -> None:
    answer = client.post("/api/v4/leads", [{"name": "a"}, {"name": 5, "request_id": "second"}, 7])
    assert [report["request_id"] for report in answer.json()["validation-errors"]] == ["second", "2"]
    assert acme.leads == []


@pytest.mark.parametrize("sent", [None, [], {}, {"name": "x"}, "x"])
def test_a_write_is_an_array(acme: AccountHandle, client: Client, sent: Any) -> None:
    answer = client.post("/api/v4/leads", sent)
    assert (answer.status_code, answer.json()["title"]) == (400, "Bad Request")


def test_fifty_one_complex_leads_are_too_many(acme: AccountHandle, client: Client) -> None:
    assert client.post("/api/v4/leads/complex", [{"name": "x"}] * 51).status_code == 400
    assert len(client.post("/api/v4/leads/complex", [{"name": "x"}] * 50).json()) == 50
    two = {"_embedded": {"contacts": [{"name": "a"}, {"name": "b"}]}}
    assert errors(client, "/api/v4/leads/complex", two) == [("InvalidLength", "_embedded.contacts")]


def test_note_of_another_kind_or_entity_cannot_be_changed(acme: AccountHandle, client: Client) -> None:
    lead, other = acme.add_lead("Одна"), acme.add_lead("Другая")
    notes = f"/api/v4/leads/{lead['id']}/notes"
    note = client.post(notes, [{"note_type": "common", "params": {"text": "x"}}]).json()["_embedded"]["notes"][0]["id"]
    change = {"note_type": "common", "params": {"text": "y"}}
    assert client.patch(f"/api/v4/leads/{other['id']}/notes/{note}", change).status_code == 400
    assert client.patch(f"{notes}/{note}", {"note_type": "call_in", "params": CALL}).status_code == 400
    assert client.patch(f"{notes}/{note}", change).status_code == 200


def test_patch_replaces_params(acme: AccountHandle, client: Client) -> None:
    lead = acme.add_lead("Одна")
    notes = f"/api/v4/leads/{lead['id']}/notes"
    note = client.post(notes, [{"note_type": "call_in", "params": CALL}]).json()["_embedded"]["notes"][0]["id"]
    bare = {key: CALL[key] for key in ("uniq", "source", "link", "phone")}
    assert client.patch(f"{notes}/{note}", {"note_type": "call_in", "params": bare}).status_code == 400
    client.patch("/api/v4/leads/notes", [{"id": note, "note_type": "call_in", "params": {**bare, "duration": 9}}])
    assert client.get(f"{notes}/{note}").json()["params"] == {**bare, "duration": 9}


def test_routes_and_methods(acme: AccountHandle, client: Client) -> None:
    assert client.get("/api/v4/nothing").status_code == 404
    assert client.delete("/api/v4/leads").status_code == 405
    assert client.get("/api/v4/leads/1/notes/1").status_code == 204
    client.token = None
    assert client.get("/api/v4/leads").status_code == 401


def test_giant_body_is_refused_and_the_sandbox_lives(acme: AccountHandle, client: Client) -> None:
    assert client.post("/api/v4/leads", "x" * (9 * 1024 * 1024)).status_code == 413
    assert client.get("/api/v4/account").status_code == 200
