"""The account's diagnostics, for administrators to save and send to support."""

from __future__ import annotations

from typing import Any

from backend.desk.health import diagnostics as desk
from backend.store.privacy import trail
from backend.store.privacy.trail import Deed
from backend.web import api

blueprint = api.blueprint("diagnostics")


@blueprint.get("/api/diagnostics")
def read_diagnostics() -> tuple[dict[str, Any], dict[str, str]]:
    """One JSON object, without secrets, clients' names and complete numbers."""
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    name = f'attachment; filename="phone-station-{account.id}.json"'
    trail.add(account.id, caller.user_id, Deed.EXPORTED_DIAGNOSTICS)
    with api.slowly(caller.account_id):
        return desk.diagnostics(account.id), {"Content-Disposition": name}
