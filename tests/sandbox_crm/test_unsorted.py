"""Unsorted: hidden until accepted, gone when declined, never twice."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from tests.sandbox_crm.conftest import Client
from tests.sandbox_crm.stage import EXAMPLES

SIP = EXAMPLES[45]["request_body"][0]
FORM = EXAMPLES[46]["request_body"][0]


def add(client: Client, category: str = "sip", **changes: Any) -> dict[str, Any]:
    item = {**(SIP if category == "sip" else FORM), **changes}
    answer = client.post(f"/api/v4/leads/unsorted/{category}", [item])
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()["_embedded"]["unsorted"][0]
    return made


def test_contact_is_hidden_until_accepted(acme: AccountHandle, client: Client) -> None:
    made = add(client)
    lead_id, contact_id = (made["_embedded"][kind][0]["id"] for kind in ("leads", "contacts"))
    assert client.get("/api/v4/contacts").status_code == 204
    assert client.get("/api/v4/contacts?query=9267778899").status_code == 204
    stages = client.get("/api/v4/leads/pipelines").json()["_embedded"]["pipelines"][0]["_embedded"]["statuses"]
    stage = client.get(f"/api/v4/leads/{lead_id}").json()["status_id"]
    assert [s["type"] for s in stages if s["id"] == stage] == [1]
    anna = acme.users[0]["id"]
    client.post(f"/api/v4/leads/unsorted/{made['uid']}/accept", {"user_id": anna})
    (contact,) = client.get("/api/v4/contacts?query=9267778899").json()["_embedded"]["contacts"]
    assert (contact["id"], contact["responsible_user_id"]) == (contact_id, anna)
    lead = client.get(f"/api/v4/leads/{lead_id}").json()
    assert [s["name"] for s in stages if s["id"] == lead["status_id"]] == ["Первичный контакт"]
    assert client.get(f"/api/v4/leads/unsorted/{made['uid']}").status_code == 204
    assert client.post(f"/api/v4/leads/unsorted/{made['uid']}/accept", {"user_id": anna}).status_code == 404


def test_declined_takes_lead_and_contact_away(acme: AccountHandle, client: Client) -> None:
    made = add(client)
    uid, lead_id = made["uid"], made["_embedded"]["leads"][0]["id"]
    assert client.delete(f"/api/v4/leads/unsorted/{uid}/decline", {}).status_code == 400
    assert client.delete(f"/api/v4/leads/unsorted/{uid}/decline").status_code == 200
    assert client.get(f"/api/v4/leads/{lead_id}").status_code == 204
    assert client.get("/api/v4/leads/unsorted").status_code == 204


def test_the_call_is_part_of_the_record(acme: AccountHandle, client: Client) -> None:
    lead = add(client)["_embedded"]["leads"][0]["id"]
    (note,) = acme.notes_of(lead)
    assert (note["note_type"], note["params"]["uniq"], note["created_at"]) == ("call_in", "1764000800.3", 1764000800)
    quiet = add(client, source_uid="quiet", metadata={**SIP["metadata"], "is_call_event_needed": False})
    assert acme.notes_of(quiet["_embedded"]["leads"][0]["id"]) == []
    shown = client.get(f"/api/v4/leads/unsorted/{quiet['uid']}").json()
    assert "is_call_event_needed" not in shown["metadata"]


def test_known_contact_is_linked_not_made_and_stays_visible(acme: AccountHandle, client: Client) -> None:
    known = acme.add_contact("Иван", ["+79267778899"])
    embedded = {"contacts": [{"id": known["id"]}], "leads": [{"name": "Пропущенный"}]}
    made = add(client, _embedded=embedded)
    assert made["_embedded"]["contacts"][0]["id"] == known["id"]
    assert [c["id"] for c in acme.contacts] == [known["id"]]
    client.delete(f"/api/v4/leads/unsorted/{made['uid']}/decline")
    assert [c["id"] for c in acme.contacts] == [known["id"]]


def test_the_same_source_uid_cannot_wait_twice(acme: AccountHandle, client: Client) -> None:
    add(client)
    again = client.post("/api/v4/leads/unsorted/sip", [SIP])
    assert (again.status_code, "validation-errors" in again.json()) == (400, False)
    twins = [{**SIP, "source_uid": "t"}, {**SIP, "source_uid": "t"}]
    assert client.post("/api/v4/leads/unsorted/sip", twins).status_code == 400
    assert len(acme.unsorted) == 1


def test_switched_off(acme: AccountHandle, client: Client) -> None:
    acme.set(unsorted_on=False)
    assert client.get("/api/v4/account").json()["is_unsorted_on"] is False
    assert client.post("/api/v4/leads/unsorted/sip", [SIP]).status_code == 400


@pytest.mark.parametrize("missing", [*SIP["metadata"]])
def test_every_part_of_a_call_must_be_there(acme: AccountHandle, client: Client, missing: str) -> None:
    metadata = {k: v for k, v in SIP["metadata"].items() if k != missing}
    answer = client.post("/api/v4/leads/unsorted/sip", [{**SIP, "metadata": metadata}]).json()
    (error,) = answer["validation-errors"][0]["errors"]
    assert (error["code"], error["path"]) == ("FieldMissing", f"metadata.{missing}")


def test_calls_and_forms_cannot_be_linked(acme: AccountHandle, client: Client) -> None:
    lead = acme.add_lead("Заявка")
    link = {"link": {"entity_id": lead["id"], "entity_type": "leads"}, "user_id": acme.users[0]["id"]}
    assert client.post(f"/api/v4/leads/unsorted/{add(client)['uid']}/link", link).status_code == 400


def test_list_filters_and_summary(crm: Crm, acme: AccountHandle, client: Client) -> None:
    call, form = add(client), add(client, "forms")
    listed = client.get("/api/v4/leads/unsorted?filter[category][]=forms").json()["_embedded"]["unsorted"]
    assert [record["uid"] for record in listed] == [form["uid"]]
    acme.accept(call["uid"], acme.users[0], "Переговоры")
    summary = client.get("/api/v4/leads/unsorted/summary").json()
    assert [summary[k] for k in ("total", "accepted", "declined")] == [2, 1, 0]
    assert summary["categories"]["sip"] == {"total": 1}
    assert acme.leads[0]["status_id"] == 60000003


def test_notes_on_a_waiting_lead_may_be_refused(acme: AccountHandle, client: Client) -> None:
    lead = add(client)["_embedded"]["leads"][0]["id"]
    note = [{"note_type": "common", "params": {"text": "ещё звонил"}}]
    assert client.post(f"/api/v4/leads/{lead}/notes", note).status_code == 200
    acme.set(notes_on_unsorted=False)
    assert client.post(f"/api/v4/leads/{lead}/notes", note).status_code == 403


def test_complex_with_metadata_waits_in_unsorted(acme: AccountHandle, client: Client) -> None:
    metadata = {**FORM["metadata"], "category": "forms", "source_uid": "c1", "source_name": "site"}
    embedded = {"contacts": FORM["_embedded"]["contacts"], "metadata": metadata}
    item = {"name": "Заявка", "status_id": 60000003, "_embedded": embedded}
    (answer,) = client.post("/api/v4/leads/complex", [item]).json()
    assert answer["contact_id"]
    assert acme.leads == []
    assert [record["lead_id"] for record in acme.unsorted] == [answer["id"]]
