"""Who holds which line: a process takes its share and no more, however the database looks for what is free."""

from __future__ import annotations

import pytest
from flask import Flask

from backend.store import db, leases
from backend.store.settings import settings
from backend.store.settings.settings import PbxSetting
from sandbox.crm.server import Crm
from tests.firm import Firm
from tests.two_firms import app, crm

__all__ = ["app", "crm"]


@pytest.mark.parametrize("plan", ["on", "off"])
def test_two_processes_share_what_there_is(app: Flask, crm: Crm, plan: str) -> None:
    firms = [Firm.open(app, crm, f"leases{plan}{number}") for number in range(4)]
    with app.app_context():
        for each in firms:
            settings.write_pbx(each.id, PbxSetting(host="127.0.0.1", username="station", secret="secret"))
        db.session.commit()
        leases.hold("first")
        leases.hold("second")
        leases.release("first", [each.id for each in firms])
        db.session.commit()
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            db.session.execute(db.text(f"set local enable_{way} = {plan}"))
        assert len(leases.hold("second")) == 2
        for each in firms:
            db.session.delete(db.session.get_one(settings.AccountPbx, each.id))
        for owner in ("first", "second"):
            leases.release(owner)
        db.session.commit()
