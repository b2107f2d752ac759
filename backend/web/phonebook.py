"""The phonebook's state, for the settings page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from backend.desk.phonebook.progress import progress
from backend.web import api

blueprint = api.blueprint("phonebook")


@blueprint.get("/api/phonebook")
def read_phonebook() -> dict[str, Any]:
    """For administrators."""
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    return asdict(progress(account.id))
