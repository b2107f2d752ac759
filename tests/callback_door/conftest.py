"""Two firms, each with a site that may ask for callbacks."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from backend.config import Settings
from backend.store import db
from backend.store.callback import guard, requests
from backend.store.callback.requests import CallbackRow
from sandbox.crm.server import Crm
from tests.asking import ask
from tests.conftest import running
from tests.firm import Firm

PHONE, KEY = "8 (916) 123-45-67", "+79161234567"
HOME = "https://shop.example"
PROXIES = "127.0.0.1"


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm() as crm:
        yield crm


@pytest.fixture
def app(database: Settings, crm: Crm) -> Iterator[Flask]:
    """Behind one proxy of ours."""
    ours = {
        "sandbox_host_suffix": crm.domain, "trusted_proxies": PROXIES, "amocrm_client_id": crm.client_id,
        "amocrm_client_secret": crm.client_secret,
    }  # fmt: skip
    with running(database.model_copy(update=ours)) as app:
        yield app


@dataclass
class Shop:
    """A firm and its site; posts go through a proxy of ours, which tells the address `at`."""

    firm: Firm
    key: str
    secret: str
    hook: str

    @classmethod
    def open(cls, firm: Firm, **callback: Any) -> Shop:
        made = ask(firm, "Вера", "POST", "/api/callback/sites").json
        assert made is not None
        shop = cls(firm, **made)
        shop.sets(**callback)
        return shop

    def sets(self, *, site: dict[str, Any] | None = None, settings: dict[str, Any] | None = None, **more: Any) -> None:
        """Settings of callbacks, of the site, and of the account."""
        place = {"key": self.key, "name": "Магазин", "hosts": ["shop.example"], **(site or {})}
        body = {"settings": {"callback": {"sites": [place], **more}, **(settings or {})}}
        answer = ask(self.firm, "Вера", "PUT", "/api/settings", body)
        assert answer.status_code == 200, answer.text

    def post(
        self, fields: Any = None, *, origin: str | None = HOME, at: str = "198.51.100.7", lang: str = "ru", **more: Any
    ) -> TestResponse:
        """From a page, as a form or (a string, bytes) as it stands."""
        headers = {"X-Forwarded-For": at, "Accept-Language": lang, **({"Origin": origin} if origin else {})}
        headers |= more.pop("headers", {})
        path = more.pop("path", f"/callback/{self.key}")
        body = {"phone": PHONE} if fields is None else fields
        return self.firm.app.test_client().post(path, data=body, headers=headers, **more)

    def by_hook(self, fields: Any, **more: Any) -> TestResponse:
        return self.post(fields, origin=None, path="/callback/" + self.hook.split("/callback/")[1], **more)

    def by_server(self, body: Any, *, at: float | None = None, secret: str | None = None, **more: Any) -> TestResponse:
        """Signed, as JSON."""
        raw, moment = json.dumps(body).encode(), str(round(time.time() if at is None else at))
        headers = self.signed(raw, moment, secret)
        return self.post(raw, origin=None, content_type="application/json", headers=headers, **more)

    def signed(self, body: bytes, moment: str, secret: str | None = None) -> dict[str, str]:
        signature = hmac.new((secret or self.secret).encode(), moment.encode() + b"." + body, hashlib.sha256)
        return {"X-Station-Time": moment, "X-Station-Signature": signature.hexdigest()}

    def state(self, ticket: dict[str, Any], **changed: str) -> TestResponse:
        told = {**ticket, **changed}
        client = self.firm.app.test_client()
        return client.get(f"/callback/{self.key}/{told['id']}?key={told['key']}", headers={"Accept-Language": "ru"})

    @property
    def rows(self) -> Sequence[CallbackRow]:
        """The account's requests, oldest first."""
        with self.firm.app.app_context():
            return sorted(requests.of_account(self.firm.id, 1000), key=lambda each: each.created_at)

    @property
    def refused(self) -> dict[str, int]:
        with self.firm.app.app_context():
            return dict(guard.refusals(self.firm.id, guard.timedelta(days=1)))

    def grow_old(self, seconds: float) -> None:
        """All that was asked and seen here was so much earlier."""
        with self.firm.app.app_context():
            for table, column in (("callbacks", "created_at"), ("callback_seen", "at")):
                earlier = text(f"update {table} set {column} = {column} - make_interval(secs => :secs)")
                db.session.execute(earlier, {"secs": seconds})
            db.session.commit()


@pytest.fixture
def shop(app: Flask, crm: Crm) -> Shop:
    return Shop.open(Firm.open(app, crm, "acme"))


@pytest.fixture
def other(app: Flask, crm: Crm) -> Shop:
    return Shop.open(Firm.open(app, crm, "beta"))


def told(answer: TestResponse) -> tuple[int, str]:
    """Status and kind of refusal, empty for none."""
    assert answer.json is not None, answer.text
    return answer.status_code, str(answer.json.get("error", ""))
