"""amoCRM in trouble while an outcome is carried out: everything is there, and once."""

from __future__ import annotations

import pytest

from backend.store import db, popups
from backend.store.journal import refusals
from sandbox.crm.faults import Kind
from sandbox.crm.fields import phones
from tests.desk.test_faults import TROUBLES
from tests.firm import Firm
from tests.outcome.saying import DUE, save, tasks, texts

STRANGER, ANOTHER = "+79267778899", "+79261112233"
WRITES = [
    {"path": "/leads/notes", "method": "POST"},
    {"path": "/tasks", "method": "POST"},
    {"path": r"/contacts/\d+$", "method": "PATCH", "body": "custom_fields"},
    {"path": r"/contacts/\d+$", "method": "PATCH", "body": '"name"'},
    {"path": "/link$", "method": "POST"},
]
TASK = {"text": "Дело", "due": DUE}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_happens_to_a_request_everything_is_there_once(firm: Firm, trouble: str) -> None:
    ivan = firm.account.add_contact("Иван", ["+74951112233"])
    firm.sync()
    call = firm.talk(STRANGER, "101")
    firm.work_through()
    for write in WRITES:
        firm.account.spoil(count=1, **write, **TROUBLES[trouble])
    save(firm, call, note="Итог", task=TASK, name="Пётр", contact=ivan["id"])
    firm.work_through()
    assert (texts(firm), [task["text"] for task in tasks(firm)]) == (["Итог"], ["Дело"])
    assert {each["name"]: phones(each) for each in firm.account.contacts} == {
        "Иван": ["+74951112233", STRANGER], "Пётр": [STRANGER],
    }  # fmt: skip
    (lead,) = firm.account.leads
    assert len(lead["contacts"]) == 2
    assert not [fault for fault in firm.crm.parts.faults.all() if not fault.hits]


@pytest.mark.parametrize("is_done", [True, False])
def test_what_another_has_written_is_not_taken_for_ours(firm: Firm, is_done: bool) -> None:
    """Two say the same of one lead, and of the second nobody knows whether it was written."""
    firm.account.add_lead("Общая", firm.account.add_contact("Иван", [STRANGER]))
    firm.sync()
    first, second = firm.talk(STRANGER, "101"), firm.talk(STRANGER, "102")
    save(firm, first, "Анна", note="Итог", task=TASK)
    firm.work_through()
    for path in ("/leads/notes", "/tasks"):
        firm.account.spoil(Kind.STATUS, path, method="POST", status=502, after_write=is_done, count=1)
    save(firm, second, "Борис", note="Итог", task=TASK)
    firm.work_through()
    assert (texts(firm), len(tasks(firm))) == (["Итог"] * 2, 2)


def test_an_attempt_without_a_place_makes_one_contact_whatever_happens(firm: Firm) -> None:
    firm.set(failed_makes_lead=False)
    call = firm.fail(ANOTHER)
    with firm.app.app_context():
        popups.show(firm.id, call, [firm.people["Анна"]], "failed", {}, None)
        db.session.commit()
    firm.account.spoil(Kind.CUT, "/contacts$", method="POST", seconds=0.01, after_write=True, count=1)
    save(firm, call, note="Итог")
    firm.work_through()
    assert (len(firm.account.contacts), texts(firm)) == (1, ["Итог"])


def test_what_is_refused_for_good_waits_in_sight(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101")
    firm.work()
    firm.account.spoil(Kind.STATUS, "/leads/notes", status=400, body="common")
    save(firm, call, note="Итог")
    firm.work_through()
    with firm.app.app_context():
        assert [row.kind for row in refusals.waiting(firm.id)] == ["add-note"]
