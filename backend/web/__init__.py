"""The web process: blueprints by capability."""

from __future__ import annotations

from flask import Flask

from backend.web import (
    api,
    call_list,
    callback,
    callbacks,
    calls,
    diagnostics,
    health,
    help,
    hooks,
    install,
    metrics,
    outcome,
    overview,
    pbx,
    pbx_lines,
    phonebook,
    popups,
    recording_source,
    recording_upload,
    recordings,
    settings,
    stream,
)
from backend.web.hub import Hub

PARTS = (
    call_list, callback, callbacks, calls, diagnostics, health, help, hooks, install, metrics, outcome, overview,
    pbx, pbx_lines, phonebook, popups, recording_source, recording_upload, recordings, settings, stream,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Registers every blueprint."""
    app.extensions["hub"] = Hub(app)
    api.init_app(app)
    for each in PARTS:
        app.register_blueprint(each.blueprint)
