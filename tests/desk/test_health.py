"""What an account's people are told when something needs them."""

from __future__ import annotations

from backend.desk.health.health import health
from sandbox.crm.faults import Kind
from tests.firm import Firm

STRANGER, ANOTHER = "+79267778899", "+79267778800"


def test_an_extension_nobody_has_is_named_and_its_call_is_the_default_employees(firm: Firm) -> None:
    firm.set(default_employee=firm.people["Вера"])
    firm.talk(STRANGER, "999")
    firm.talk(STRANGER, "101")
    firm.work()
    with firm.app.app_context():
        assert health(firm.id)["unmapped_extensions"] == ["999"]
    assert firm.account.leads[0]["responsible_user_id"] == firm.people["Вера"]


def test_what_waits_and_what_was_refused_is_counted_with_its_reason(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    firm.talk(STRANGER, "101")
    firm.work()
    with firm.app.app_context():
        assert (health(firm.id)["refused"], health(firm.id)["waiting"]) == ([], 3)
        assert health(firm.id)["waiting_since"] is not None
    firm.work_through()
    firm.talk(ANOTHER, "101")
    with firm.app.app_context():
        told = health(firm.id)
    assert [each["intent"] for each in told["refused"]] == ["open-lead"]
    assert "400" in told["refused"][0]["why"]
    assert told["waiting"] == 3
    assert told["waiting_since"] is not None
