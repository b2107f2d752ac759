"""Settings: the integration with its dialog, and the page a widget draws itself (docs/amocrm-contract.md §4.4)."""

from __future__ import annotations

from typing import Any

from flask import abort

from sandbox.crm.context import world
from sandbox.crm.pages.page import show
from sandbox.crm.pages.views import pages
from sandbox.crm.pages.visitor import asked_account, visitor
from sandbox.crm.state import Account
from sandbox.crm.widgets import installed


@pages.get("/settings/widgets")
def list_widgets() -> str:
    account = asked_account()
    return show("widgets.html", account, "widgetsSettings", here="settings", **_told(account))


@pages.get("/settings/widgets/<code>")
def show_own_page(code: str) -> str:
    """The page of `advanced_settings`; 404 unless that widget is installed and has one."""
    account = asked_account()
    about = installed.describe(world(), account)
    if not about or about["code"] != code or about["status"] == "install" or not _told(account)["own_page"]:
        abort(404)
    area = f"advanced-settings:{code}"
    return show("own_page.html", account, area, here="settings", code=code, **_told(account))


def _told(account: Account) -> dict[str, Any]:
    """Names in the language of whoever looks; all None without a widget."""
    uploaded, language = installed.of(world()), (visitor(account) or {}).get("lang", "ru")
    if uploaded is None:
        return dict.fromkeys(("name", "about", "description", "own_page", "field_names"))
    _, archive = uploaded
    has_page = "advanced_settings" in archive.manifest["locations"]
    return {
        "name": archive.say("widget.name", language),
        "about": archive.say("widget.short_description", language),
        "description": archive.say("widget.description", language),
        "field_names": {
            code: archive.say(field["name"], language) for code, field in archive.manifest.get("settings", {}).items()
        },
        "own_page": archive.say(archive.manifest["advanced"]["title"], language) if has_page else None,
    }
