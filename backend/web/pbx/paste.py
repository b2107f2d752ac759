"""The lines that an administrator pastes on the PBX, generated for the account, with instructions step by step."""

from __future__ import annotations

from typing import Any

from flask import request

from backend.pbx.dialplan import made_for
from backend.pbx.dialplan.flavours import Flavour, Step, steps
from backend.pbx.errors import BadCommand
from backend.store.settings import settings
from backend.store.settings.errors import FieldError
from backend.web import api
from backend.web.api import ApiError
from backend.web.language import language
from backend.words import say

blueprint = api.blueprint("pbx_lines")


@blueprint.get("/api/pbx/lines")
def read_lines() -> dict[str, Any]:
    """For administrators. `address`, if given, is the service's own or its network, for the permit option."""
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    stored = settings.pbx_as_shown(account.id)
    try:
        routing = settings.read(account.id).to_routing()
        made = made_for(stored["username"] if stored else None, address=request.args.get("address"), routing=routing)
    except BadCommand as wrong:
        raise ApiError("invalid", 422, [FieldError(field=str(wrong), kind="string_pattern_mismatch")]) from wrong
    flavours = [_shown(each, made.of(each), language()) for each in Flavour]
    return {"manager": made.manager, "version": made.version, "flavours": flavours}


def _shown(flavour: Flavour, dialplan: str, spoken: str) -> dict[str, Any]:
    done = steps(flavour, dialplan)
    return {
        "name": flavour.value,
        "install": [_step(each, spoken) for each in done.install],
        "uninstall": [_step(each, spoken) for each in done.uninstall],
    }


def _step(step: Step, spoken: str) -> dict[str, str]:
    """A **Step** of docs/api.md."""
    return {"message": say(f"paste.{step.kind}", spoken), "text": step.text}
