"""Two public pages: help with the contacts of support, and which data is kept. The widget's archive links to them."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response, render_template

from backend.web.language import language
from backend.words import say, under

CONTACTS = (("mailto", "SUPPORT_EMAIL"), ("tel", "SUPPORT_PHONE"))

blueprint = Blueprint("help", __name__, template_folder="templates")


@blueprint.get("/")
def help_page() -> Response:
    """What to do when something does not work; contacts of support (docs/amocrm-contract.md §4.8)."""
    return _page("help", "begin", "trouble")


@blueprint.get("/privacy")
def privacy() -> Response:
    """Which data is kept, why, and for how long (docs/amocrm-contract.md §4.8: privacy policy)."""
    return _page("privacy", "what", "terms")


def _page(name: str, *parts: str) -> Response:
    spoken = language()
    contacts = [(scheme, current_app.config[setting]) for scheme, setting in CONTACTS if current_app.config[setting]]
    page = render_template(
        "help.html",
        language=spoken,
        title=say(f"pages.{name}.title", spoken),
        parts=[_part(f"pages.{name}.{part}", spoken) for part in parts],
        footer=under("pages.footer", spoken),
        contacts=contacts,
    )
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _part(key: str, spoken: str) -> dict[str, object]:
    return {"title": say(f"{key}.title", spoken), "texts": list(under(f"{key}.items", spoken).values())}
