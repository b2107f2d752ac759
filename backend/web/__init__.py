"""The web process: blueprints by capability."""

from __future__ import annotations

from flask import Flask

from backend.web import (
    api,
    call_list,
    callback,
    callbacks,
    calls,
    health,
    help,
    install,
    outcome,
    overview,
    pbx,
    pbx_lines,
    popups,
    settings,
    stream,
)
from backend.web.hub import Hub

PARTS = (
    call_list, callback, callbacks, calls, health, help, install, outcome, overview, pbx, pbx_lines, popups, settings,
    stream,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Registers every blueprint."""
    app.extensions["hub"] = Hub(app)
    api.init_app(app)
    for each in PARTS:
        app.register_blueprint(each.blueprint)
