"""A step that fails by the database holds up its own call alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from backend.calls.intents import CRM
from backend.desk.channels import CHANNELS
from backend.desk.crm_steps import leads
from backend.desk.journal.job import Job
from backend.store import db
from backend.store.journal.journal import IntentRow
from tests.firm import Firm

POISONED, NEXT = "+79161234567", "+79267778899"


def _in_a_statement(job: Job) -> None:
    db.session.execute(text("select 1 / 0"))


def _after_a_request(job: Job) -> None:
    """A request commits first, and what is read of a row afterwards is read from the database again."""
    job.desk.commit()
    db.session.execute(text("select 1 / 0"))


def _in_the_commit(job: Job) -> None:
    """What a step leaves in its rows is written when it is over."""
    job.call.lead = 2**80
    job.done()


@pytest.mark.parametrize("fails", [_in_a_statement, _after_a_request, _in_the_commit])
def test_a_call_behind_a_poisoned_one_is_carried_out(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, fails: Callable[[Job], None]
) -> None:
    def step(job: Job) -> None:
        if job.intent.phone == POISONED:
            fails(job)
        else:
            leads.open_lead(job)

    monkeypatch.setitem(CHANNELS[CRM].alone, "open-lead", step)  # type: ignore[arg-type]
    poisoned, after = firm.talk(POISONED, "101"), firm.talk(NEXT, "102")
    firm.work()
    assert [lead["name"] for lead in firm.account.leads] == ["Звонок +7 926 777-88-99"]
    assert after in {note["params"].get("uniq") for note in firm.call_notes()}
    with firm.app.app_context():
        mine = (IntentRow.account_id == firm.id, IntentRow.call == poisoned)
        first = db.session.scalars(select(IntentRow).where(*mine).order_by(IntentRow.id)).first()
        assert first is not None
        assert (first.state, first.attempts > 0, (first.error or "").startswith("our bug")) == ("todo", True, True)
