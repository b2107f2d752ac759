"""The sandbox as a web application: the one place its parts are wired."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox.crm import (
    account_api,
    calls,
    control,
    events,
    leads,
    links_api,
    notes,
    people,
    settings_api,
    subscriptions,
    tasks,
    unsorted,
)
from sandbox.crm.act import Parts
from sandbox.crm.context import HostKind, host, parts
from sandbox.crm.faults import Fault, Faults, Kind
from sandbox.crm.gate import api
from sandbox.crm.hooks import Outbox
from sandbox.crm.limits import Limiter
from sandbox.crm.oauth import oauth
from sandbox.crm.pages import settings as settings_pages
from sandbox.crm.pages.views import pages
from sandbox.crm.pages.visitor import visits
from sandbox.crm.problems import TITLES, Problem, blocked, page, too_many
from sandbox.crm.state import World
from sandbox.crm.traffic import Phase, Request, Traffic
from sandbox.crm.widgets.routes import widgets

# Importing these registers their routes.
ROUTES = (
    account_api, calls, events, leads, links_api, notes, people, settings_api, settings_pages, subscriptions, tasks,
    unsorted,
)  # fmt: skip
# Their views take the world's lock themselves, where they must.
UNLOCKED = (control.control.name, widgets.name)
WATCHED = ("/api/", "/oauth2/", "/v3/")
MAX_BODY = 8 * 1024 * 1024


class SandboxApp(Flask):
    """Views run one at a time under the world's lock, but for UNLOCKED."""

    def dispatch_request(self) -> ResponseReturnValue:
        g.carried_out = True
        if request.blueprint in UNLOCKED:
            return super().dispatch_request()
        world = parts().world
        with world.lock:
            answer = super().dispatch_request()
            if request.method not in ("GET", "HEAD"):
                world.save()
            return answer


def make_parts(world: World) -> Parts:
    return Parts(world=world, limiter=Limiter(), faults=Faults(), traffic=Traffic(), outbox=Outbox(world))


def create_app(made: Parts) -> Flask:
    app = SandboxApp(__name__)
    app.extensions["crm"] = made
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.before_request(_arrive)
    app.after_request(_leave)
    app.register_error_handler(Problem, Problem.answer)
    app.register_error_handler(HTTPException, _as_problem)
    for blueprint in (api, oauth, control.control, visits, pages, widgets):
        app.register_blueprint(blueprint)
    return app


def _as_problem(error: HTTPException) -> Any:
    """Unknown routes and wrong methods of the API answer like the API; pages answer as pages."""
    if request.path.startswith(WATCHED) and error.code in TITLES:
        return Problem(error.code).answer()
    return error


def _arrive() -> Response | None:
    if not request.path.startswith(WATCHED):
        return None
    g.seen, text = _read_request(), request.get_data(as_text=True)
    parts().traffic.tell(Phase.BEFORE, g.seen)
    g.fault = parts().faults.find(g.seen, text)
    fault = cast(Fault | None, g.fault)
    return None if fault is None or fault.after_write else _spoiled(fault)


def _read_request() -> Request:
    asked, text = host(), request.get_data(as_text=True)
    return Request(
        n=parts().traffic.number(),
        at=parts().world.clock.now(),
        method=request.method,
        host=request.host,
        path=request.path,
        query=request.query_string.decode("utf-8", "replace"),
        body=_parsed(text),
        account=asked.label if asked.kind is HostKind.ACCOUNT else None,
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _leave(answer: Response) -> Response:
    """Writes the request down, spoils the answer if a fault says so, and tells the hooks."""
    answer.headers["X-Request-Id"] = str(uuid.uuid4())
    if "seen" not in g:
        return answer
    traffic, fault = parts().traffic, cast(Fault | None, g.get("fault"))
    if fault and fault.after_write:
        answer = _spoiled(fault, answer) or answer
    cut = fault is not None and fault.kind is Kind.CUT
    seen = replace(g.seen, status=None if cut else answer.status_code, fault=fault and fault.kind.value)
    traffic.keep(seen)
    if "carried_out" in g:
        traffic.tell(Phase.AFTER_COMMIT, seen)
    answer.call_on_close(lambda: traffic.tell(Phase.AFTER, seen))
    return answer


def _spoiled(fault: Fault, answer: Response | None = None) -> Response | None:
    """What the caller gets instead; None lets the request go on, later."""
    if fault.kind is Kind.STATUS:
        return Problem(fault.status, fault.detail).answer()
    if fault.kind is Kind.NOTHING:
        return Response(status=204)
    if fault.kind is Kind.PAGE:
        return page(fault.status)
    if fault.kind is Kind.WITHOUT and answer is not None:
        answer.set_data(json.dumps(_without(answer.get_json(silent=True), fault.key)))
        return answer
    if fault.kind is Kind.TOO_MANY:
        return too_many(fault.retry_after)
    if fault.kind is Kind.BLOCKED:
        return blocked()
    if fault.kind is Kind.CUT:
        return Response(_nothing_comes(fault))
    if fault.kind is Kind.MALFORMED and answer is not None:
        answer.set_data(answer.get_data()[:-1] or b"{")
        return answer
    fault.released.wait(fault.seconds)
    return None


def _without(body: Any, key: str) -> Any:
    if isinstance(body, list):
        return [_without(each, key) for each in body]
    if isinstance(body, dict):
        return {name: _without(value, key) for name, value in body.items() if not re.fullmatch(key, name)}
    return body


def _nothing_comes(fault: Fault) -> Iterator[bytes]:
    """Holds the connection, then lets the server drop it without a byte."""
    fault.released.wait(fault.seconds)
    raise ConnectionAbortedError
    yield b""
