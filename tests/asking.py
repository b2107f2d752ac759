"""The widget of one person asking the backend, in the same process."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from tests.firm import Firm


def ask(firm: Firm, name: str, method: str, path: str, body: Any = None, language: str = "ru") -> TestResponse:
    """With a one-time token of this person."""
    token = firm.account.widget_token(firm.people[name])
    headers = {"X-Auth-Token": token, "Accept-Language": language}
    return firm.app.test_client().open(path, method=method, headers=headers, json=body)


def messages(answer: TestResponse) -> dict[str, str]:
    """The wrong fields of a refusal."""
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    return {each["field"]: each["message"] for each in answer.json["fields"]}
