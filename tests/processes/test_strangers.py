"""What strangers do to a real `web` process: bodies that drip, connections that take nothing, headers of proxies."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from backend.config import Settings
from backend.pbx.address import networks
from backend.peers import BehindProxies
from backend.processes.gevent_worker import OF_PEER
from backend.processes.web import STREAMS
from backend.store import db
from backend.store.phonebook import webhooks
from backend.store.recordings import access
from backend.store.settings.settings import read as settings_of
from sandbox.crm.server import Crm
from tests.asking import ask
from tests.conftest import copied, running
from tests.firm import Firm
from tests.stream.web import HOST, PATIENCE, Web
from tests.two_firms import firm, other

__all__ = ["firm", "other"]

DRIPPING = 2  # sockets for each address: more together than the worker has connections to the database
WITHOUT_BODY = {"GET", "HEAD", "OPTIONS"}


@pytest.fixture(scope="module")
def crm() -> Iterator[Crm]:
    with Crm() as crm:
        yield crm


@pytest.fixture(scope="module")
def ours(settings: Settings, crm: Crm) -> Iterator[Settings]:
    known = {"amocrm_client_id": crm.client_id, "amocrm_client_secret": crm.client_secret}
    with copied(settings) as database:
        yield database.model_copy(update={**known, "sandbox_host_suffix": crm.domain})


@pytest.fixture(scope="module")
def app(ours: Settings, crm: Crm) -> Iterator[Flask]:
    with running(ours) as app:
        crm.integrate(app.extensions["integration"].redirect_uri)
        yield app


@pytest.fixture(scope="module")
def web(ours: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(ours, tmp_path_factory.mktemp("web") / "log")
    web.start()
    yield web
    web.stop()


def known_parts(firm: Firm) -> dict[str, str]:
    """What stands in addresses that are right: a site's key, an account's keys."""
    made = ask(firm, "Вера", "POST", "/api/callback/sites").json
    assert made is not None
    site = {"key": made["key"], "name": "Магазин", "hosts": ["shop.example"]}
    firm.set(recordings={"source": "push"}, callback={"sites": [site]})
    with firm.app.app_context():
        access.write(firm.id, settings_of(firm.id).recordings)
        webhook = webhooks.of(firm.id).key
        db.session.commit()
        upload = access.upload_key(firm.id)
    assert upload
    return {"site": made["key"], "account_id": str(firm.id), "webhook": webhook, "upload": upload, "name": "a.wav"}


def addresses(app: Flask, parts: dict[str, str]) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        key = parts["upload" if "upload" in rule.rule else "webhook"]
        for method in sorted((rule.methods or set()) - WITHOUT_BODY):
            yield method, filled(rule, {**parts, "key": key})


def filled(rule: Rule, parts: dict[str, str]) -> str:
    path = rule.rule
    for argument in rule.arguments:
        start = path.rindex("<", 0, path.index(f"{argument}>") + 1)
        path = path[:start] + parts.get(argument, "1") + path[path.index(f"{argument}>") + len(argument) + 1 :]
    return path


@pytest.mark.parametrize("how", ["length", "chunked", "form"])
def test_a_body_that_drips_holds_up_nobody_at_any_address(firm: Firm, web: Web, how: str) -> None:
    parts = known_parts(firm)
    token = firm.account.widget_token(next(user for user in firm.account.users if user["name"] == "Вера"))
    kind = "multipart/form-data; boundary=x" if how == "form" else "application/json"
    size = "Transfer-Encoding: chunked" if how == "chunked" else "Content-Length: 1000"
    start = "5\r\n{" if how == "chunked" else "--x\r\n" if how == "form" else "{"
    with contextlib.ExitStack() as open_ones:
        for number, (method, path) in enumerate(addresses(firm.app, parts)):
            for _ in range(DRIPPING):
                stranger = socket.create_connection((HOST, web.port), PATIENCE, (f"127.0.1.{number + 1}", 0))
                drip = open_ones.enter_context(stranger)
                head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{size}\r\nContent-Type: {kind}\r\n"
                drip.sendall(f"{head}Origin: https://shop.example\r\nX-Auth-Token: {token}\r\n\r\n{start}".encode())
            assert web.ask("GET", "/readyz")[0] == 200, (method, path)


def test_a_body_that_ends_too_late_is_told_so(web: Web) -> None:
    with socket.create_connection((HOST, web.port), PATIENCE) as drip:
        drip.sendall(f"PUT /api/settings HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 10\r\n\r\n".encode())
        with drip.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 408")


def test_a_body_that_is_too_large_is_not_read(web: Web) -> None:
    with socket.create_connection((HOST, web.port), PATIENCE) as sender, sender.makefile("rb") as answer:
        sender.sendall(f"PUT /api/settings HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {10**12}\r\n\r\n".encode())
        assert answer.readline().startswith(b"HTTP/1.1 401")


def test_json_nested_without_end_is_no_error_of_ours(firm: Firm) -> None:
    deep = "[" * 90_000 + "]" * 90_000
    token = firm.account.widget_token(firm.account.users[0])
    for rule in firm.app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH"}:
            path = filled(rule, {"account_id": str(firm.id)})
            answer = firm.app.test_client().open(
                path, method=method, data=deep, headers={"X-Auth-Token": token, "Content-Type": "application/json"}
            )
            assert answer.status_code < 500, (method, path, answer.text)


def test_one_peer_has_a_bound_and_others_a_place(web: Web) -> None:
    """Loopback addresses are as many peers as one likes."""
    most = STREAMS // OF_PEER
    with contextlib.ExitStack() as open_ones:
        crowd = [socket.create_connection((HOST, web.port), PATIENCE, ("127.0.0.9", 0)) for _ in range(most + 1)]
        for each in crowd:
            open_ones.enter_context(each)
        assert crowd[-1].recv(1) == b""
        assert web.ask("GET", "/healthz")[0] == 200


def test_no_header_moves_the_app(web: Web) -> None:
    status, body = web.ask("GET", "/api/none", **{"SCRIPT_NAME": "/api", "Script-Name": "/api"})
    assert (status, body["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("peer", "told", "visitor"),
    [
        ("198.51.100.9", "203.0.113.5", "198.51.100.9"),
        ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "192.0.2.1, 203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "192.0.2.1, 203.0.113.5, 10.0.0.7", "203.0.113.5"),
        ("127.0.0.1", "192.0.2.1, nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("10.0.0.7", "2001:db8::1", "2001:db8::1"),
        ("::ffff:127.0.0.1", "203.0.113.5", "203.0.113.5"),
    ],
)
def test_only_listed_proxies_say_whose_request_it_is(peer: str, told: str, visitor: str) -> None:
    app = BehindProxies(lambda environ, _: [environ["REMOTE_ADDR"].encode()], networks("127.0.0.1, 10.0.0.0/24"))
    seen = app({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": told}, lambda *_: None)
    assert b"".join(seen).decode() == visitor
