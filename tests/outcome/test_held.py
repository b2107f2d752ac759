"""An outcome that is being saved while the call is answered is neither lost nor carried out before the lead."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from backend.desk import outcomes
from backend.store import db, popups
from backend.store import outcomes as rows
from tests.firm import Firm
from tests.outcome.saying import written

_SOMEBODY_WAITS = text("select 1 from pg_locks where not granted")


def test_saved_and_answered_in_the_same_moment(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer arrives when the outcome is written, and not committed yet."""
    call = firm.call("+79267778899")
    started, answered = firm.answer(call, "101")
    firm.tell(started)
    with firm.app.app_context():
        popups.show(firm.id, call["call"], [firm.people["Анна"]], "ringing", {}, None)
        db.session.commit()
    answering = threading.Thread(target=firm.tell, args=(answered,))

    def add_and_be_answered(*told: Any, **more: Any) -> bool:
        is_new = add(*told, **more)
        answering.start()
        _wait_for_a_lock(answering)
        return is_new

    add = rows.add
    monkeypatch.setattr(rows, "add", add_and_be_answered)
    with firm.app.app_context():
        outcomes.save(firm.id, firm.people["Анна"], call["call"], uuid.uuid4(), {"note": "Знаю его"})
    answering.join()
    firm.work()
    (lead,) = firm.account.leads
    assert [note["entity_id"] for note in written(firm)] == [lead["id"]]


def _wait_for_a_lock(answering: threading.Thread) -> None:
    """Until the other transaction waits for ours, or did not need to."""
    while answering.is_alive() and db.session.execute(_SOMEBODY_WAITS).first() is None:
        pass
