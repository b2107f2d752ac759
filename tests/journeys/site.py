"""A site whose visitors ask to be called back: its server brings each form to the station's door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.journeys.company import Company, await_value
from tests.journeys.opening import choices

PATIENCE = 60.0  # seconds
SOON = {"again_seconds": 1, "again_client_seconds": 1, "whole_seconds": 10, "one_within_seconds": 0}
STATE = "select state, result from callbacks where id = %s"
ATTEMPTS = "select attempts from callbacks where id = %s"
NAME = "shop.example"


class Site:
    """`callback` are settings beyond short times; it rings the general queue if they do not say otherwise."""

    def __init__(self, company: Company, **callback: Any) -> None:
        self._company, self._account = company, company.account
        self._keys: dict[str, str] = {}
        made = self._as_administrator("/api/callback/sites")
        self.key, self._hook = made["key"], made["hook"]
        site = {"key": self.key, "name": NAME, **callback.pop("site", {})}
        chosen = {"sites": [site], "target": "500", **SOON, **callback}
        company.station.choose(self._account, **choices(company.town), callback=chosen)

    def asks(self, number: str, **form: str) -> str:
        """A visitor fills the form in; the request's id."""
        answer = requests.post(self._hook, json={"phone": number, **form}, timeout=PATIENCE)
        assert answer.ok, answer.text
        assert "id" in answer.json(), answer.text
        self._keys[answer.json()["id"]] = answer.json()["key"]
        return str(answer.json()["id"])

    def tells(self, request: str) -> str:
        """The state as the visitor's page reads it."""
        url = f"{self._company.station.url}/callback/{self.key}/{request}"
        answer = requests.get(url, params={"key": self._keys[request]}, timeout=PATIENCE)
        assert answer.ok, answer.text
        return str(answer.json()["state"])

    def sees(self, request: str, state: str, result: str | None = None) -> None:
        """Waits until the request is so."""
        await_value(lambda: self._of(STATE, request), [state, result], "the request")

    def tried(self, request: str, times: int) -> None:
        """Waits until it was rung so often."""
        await_value(lambda: self.attempts(request) >= times, True, "the attempts")

    def attempts(self, request: str) -> int:
        return int(self._of(ATTEMPTS, request)[0])

    def stops(self, request: str) -> None:
        """A manager has had enough of it."""
        self._as_administrator(f"/api/callbacks/{request}/stop")

    def _of(self, query: str, request: str) -> list[Any]:
        return list(self._company.town.journal.execute(query, [request]).fetchone() or ())

    def _as_administrator(self, path: str) -> Any:
        token = self._account.widget_token(self._account.users[0]["id"])
        url = self._company.station.url + path
        answer = requests.post(url, headers={"X-Auth-Token": token}, json={}, timeout=PATIENCE)
        assert answer.ok, answer.text
        return answer.json()


@contextmanager
def site(company: Company, **callback: Any) -> Iterator[Site]:
    """The account's settings are afterwards what they were."""
    yield Site(company, **callback)
    company.station.choose(company.account, **choices(company.town))
