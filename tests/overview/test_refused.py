"""What amoCRM refused: shown with its reason, and tried again when an administrator says so."""

from __future__ import annotations

from sandbox.crm.faults import Kind
from tests.asking import ask
from tests.firm import Firm

STRANGER = "+79267778899"


def test_an_administrator_has_it_tried_again(firm: Firm, other: Firm) -> None:
    for each in (firm, other):
        each.account.spoil(Kind.STATUS, "/leads/complex", status=400)
        each.talk(STRANGER, "101")
        each.work_through()
    assert ask(firm, "Анна", "POST", "/api/refused/retry").status_code == 403
    (shown,) = (ask(firm, "Вера", "GET", "/api/overview?days=7").json or {})["health"]["refused"]
    assert (shown["intent"], shown["again_at"] > 0) == ("open-lead", True)
    firm.crm.mend()
    assert ask(firm, "Вера", "POST", "/api/refused/retry").json == {"again": 1}
    for each in (firm, other):
        each.work_through()
    assert (len(firm.account.leads), len(other.account.leads)) == (1, 0)
    assert (ask(firm, "Вера", "GET", "/api/overview?days=7").json or {})["health"]["refused"] == []
