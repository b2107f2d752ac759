"""An employee at his widget, as far as it asks the station for something."""

from __future__ import annotations

import uuid
from typing import Any

import requests

from tests.journeys.company import Company, await_value

PATIENCE = 60.0  # seconds


class Widget:
    """`name` is the employee's in the account; `at` a foreign account to come from instead."""

    def __init__(self, company: Company, name: str, at: Any = None) -> None:
        self._account = at or company.account
        self._url = company.station.url
        self.user = next(user["id"] for user in self._account.users if user["name"] == name)

    def clicks(self, phone: str, request: str | None = None) -> str:
        """The call that the click makes."""
        answer = self.asks("/api/calls", request, phone=phone)
        assert answer.ok, answer.text
        return str(answer.json()["call"])

    def is_refused(self, phone: str) -> tuple[int, str]:
        return refusal(self.asks("/api/calls", phone=phone))

    def hangs_up(self, call: str) -> None:
        self._does(f"/api/calls/{call}/hangup")

    def transfers(self, call: str, to: Widget, kind: str) -> None:
        self._does(f"/api/calls/{call}/transfer", to=to.user, kind=kind)

    def cancels(self, call: str) -> None:
        self._does(f"/api/calls/{call}/transfer/cancel")

    def completes(self, call: str) -> None:
        self._does(f"/api/calls/{call}/transfer/complete")

    def asks(self, path: str, request: str | None = None, **body: Any) -> requests.Response:
        token = self._account.widget_token(self.user)
        body = {"request": request or str(uuid.uuid4()), **body}
        return requests.post(self._url + path, headers={"X-Auth-Token": token}, json=body, timeout=PATIENCE)

    def popup(self, call: str) -> dict[str, Any]:
        token = self._account.widget_token(self.user)
        answer = requests.get(self._url + "/api/popups", headers={"X-Auth-Token": token}, timeout=PATIENCE)
        found: list[dict[str, Any]] = [each for each in answer.json()["popups"] if each["call"] == call]
        return found[-1] if found else {"state": "none", "details": {}}

    def sees(self, call: str, state: str, reason: str | None = None) -> None:
        """Waits until the popup says so."""
        await_value(lambda: self._told(call), [state, reason], "the popup")

    def sees_transfer(self, call: str, state: str, reason: str | None = None) -> None:
        def told() -> list[str | None]:
            transfer = self.popup(call)["details"].get("transfer", {})
            return [transfer.get("state"), transfer.get("reason")]

        await_value(told, [state, reason], "the transfer")

    def _told(self, call: str) -> list[str | None]:
        popup = self.popup(call)
        return [popup["state"], popup["details"].get("reason")]

    def _does(self, path: str, **body: Any) -> None:
        answer = self.asks(path, **body)
        assert answer.ok, answer.text


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]
