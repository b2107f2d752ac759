"""The page that the widget's archive names as its support, and what we keep of whom: for people, without a login."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response, render_template

from backend.web.words import language

CONTACTS = (("mailto", "SUPPORT_EMAIL"), ("tel", "SUPPORT_PHONE"))

blueprint = Blueprint("help", __name__, template_folder="templates")


@blueprint.get("/")
def help_page() -> Response:
    """What to do when something does not work, and whom to call (docs/amocrm-contract.md §4.8: support contacts)."""
    return _page("help")


@blueprint.get("/privacy")
def privacy() -> Response:
    """Which data we keep, why, and for how long (docs/amocrm-contract.md §4.8: privacy policy)."""
    return _page("privacy")


def _page(name: str) -> Response:
    spoken = language()
    contacts = [(scheme, current_app.config[setting]) for scheme, setting in CONTACTS if current_app.config[setting]]
    answer = make_response(render_template(f"help/{name}.{spoken}.html", language=spoken, contacts=contacts))
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
