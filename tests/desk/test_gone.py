"""An employee or a pipeline is deleted in the CRM: no call is lost, and the account's health says who and what."""

from __future__ import annotations

from typing import Any

import pytest

from backend.desk.health.health import health
from backend.store.journal import refusals
from sandbox.crm import seeding
from tests.firm import DID, Firm

STRANGER, COURIER, CALLED = "+79267778899", "+79150000000", "+79267778800"


@pytest.fixture
def service(firm: Firm) -> int:
    """A pipeline besides the main one."""
    world = firm.crm.parts.world
    pipeline: dict[str, Any] = seeding.add_pipeline(world, world.accounts[firm.account.id], "Сервис")
    return int(pipeline["id"])


def shown(firm: Firm) -> dict[str, Any]:
    with firm.app.app_context():
        told: dict[str, Any] = health(firm.id)["gone"]
        return told


def refused(firm: Firm) -> list[str]:
    with firm.app.app_context():
        return [row.kind for row in refusals.waiting(firm.id)]


def test_the_calls_of_who_was_deleted_are_the_default_employees(firm: Firm) -> None:
    """In the middle of his calls, of each kind: what had begun in his name goes on in another's."""
    firm.set(default_employee=firm.people["Вера"], no_lead_numbers=[COURIER], lead_owner="last")
    firm.sync()
    talk, passed = firm.call(STRANGER), firm.call(CALLED)
    firm.tell(*firm.answer(passed, "102"))
    firm.work()
    firm.tell(*firm.answer(talk, "101"), *firm.answer(passed, "102", "101")[2:])
    assert shown(firm) == {"employees": [], "stages": []}
    firm.account.delete_user(firm.people["Анна"])
    firm.tell(firm.end(talk, ["101"], 30), firm.end(passed, ["102", "101"], 30))
    firm.talk(COURIER, "101")
    firm.work_through()
    assert refused(firm) == []
    owners = {lead["name"][-5:]: lead["responsible_user_id"] for lead in firm.account.leads}
    assert owners == {"88-99": firm.people["Вера"], "88-00": firm.people["Борис"]}
    assert sorted(note["params"]["duration"] for note in firm.call_notes()) == [30, 60, 60]
    assert shown(firm)["employees"] == ["Анна"]


def test_when_it_is_known_who_left_his_calls_are_not_even_tried_in_his_name(firm: Firm) -> None:
    firm.set(default_employee=firm.people["Вера"])
    firm.sync()
    firm.account.delete_user(firm.people["Анна"])
    for phone in (STRANGER, CALLED):
        firm.talk(phone, "101")
        firm.work_through()
    tried = [each for each in firm.account.requests() if each.path.endswith("/leads/complex")]
    assert [each.status for each in tried] == [400, 200, 200]


@pytest.mark.parametrize("part", ["pipeline", "stage"])
def test_a_deleted_pipeline_or_stage_is_replaced_by_the_crms_first(firm: Firm, service: int, part: str) -> None:
    stages = firm.account.state()["pipelines"][service]["statuses"]
    chosen = {"pipeline_id": service, "status_id": stages[2]["id"]}
    firm.set(stage=chosen, stages_by_did={DID: chosen})
    firm.sync()
    assert shown(firm)["stages"] == []
    if part == "pipeline":
        firm.account.delete_pipeline(service)
    else:
        with firm.crm.parts.world.lock:
            del firm.crm.parts.world.by_subdomain("acme").pipelines[service]["statuses"][2]
    firm.talk(STRANGER, "101")
    firm.miss(CALLED)
    firm.work_through()
    assert refused(firm) == []
    assert len(firm.account.leads) + len(firm.account.unsorted) == 2
    assert shown(firm)["stages"] == [{"of": "account", "name": ""}, {"of": "did", "name": DID}]
