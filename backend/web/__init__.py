"""The web process: blueprints by capability."""

from __future__ import annotations

from flask import Flask

from backend.web import health, install, popups, settings


def init_app(app: Flask) -> None:
    """Registers every blueprint."""
    for each in (health, install, popups, settings):
        app.register_blueprint(each.blueprint)
