"""The web process: blueprints by capability."""

from __future__ import annotations

from flask import Flask

from backend.web import health, install, settings


def init_app(app: Flask) -> None:
    """Registers every blueprint."""
    for each in (health, install, settings):
        app.register_blueprint(each.blueprint)
