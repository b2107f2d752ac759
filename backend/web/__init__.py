"""The web process: blueprints by capability."""

from __future__ import annotations

from flask import Flask

from backend.web import (
    api,
    bodies,
    call_list,
    calls,
    diagnostics,
    health,
    help,
    hooks,
    install,
    metrics,
    outcome,
    overview,
    phonebook,
    privacy,
    settings,
)
from backend.web.callback import admin, public
from backend.web.pbx import check, paste
from backend.web.recordings import player, source, upload
from backend.web.stream import popups, stream
from backend.web.stream.hub import Hub

PARTS = (
    call_list, public, admin, calls, diagnostics, health, help, hooks, install, metrics, outcome, overview,
    check, paste, phonebook, popups, privacy, source, upload, player, settings, stream,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Registers every blueprint."""
    app.extensions["hub"] = Hub(app)
    bodies.init_app(app)
    api.init_app(app)
    for each in PARTS:
        app.register_blueprint(each.blueprint)
