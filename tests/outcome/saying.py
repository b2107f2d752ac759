"""What a person says after a call, and what the CRM has of it."""

from __future__ import annotations

import uuid
from typing import Any

from werkzeug.test import TestResponse

from tests.asking import ask
from tests.firm import Firm

DUE = 1_900_000_000


def say(firm: Firm, call: str, who: str = "Анна", request: str | None = None, **told: Any) -> TestResponse:
    """Saves an outcome without looking at the answer."""
    body = {"request": request or str(uuid.uuid4()), **told}
    return ask(firm, who, "POST", f"/api/popups/{call}/outcome", body)


def save(firm: Firm, call: str, who: str = "Анна", request: str | None = None, **told: Any) -> None:
    answer = say(firm, call, who, request, **told)
    assert (answer.status_code, answer.json) == (200, {}), answer.text


def texts(firm: Firm) -> list[str]:
    """Of the notes that people wrote."""
    return [note["params"]["text"] for note in written(firm)]


def written(firm: Firm) -> list[dict[str, Any]]:
    return [note for note in firm.account.notes if note["note_type"] == "common"]


def tasks(firm: Firm) -> list[dict[str, Any]]:
    return list(firm.account.state()["tasks"].values())
