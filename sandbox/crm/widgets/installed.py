"""A widget in an account: turned on, set up, turned off (docs/amocrm-contract.md §1.2, §4.4, §4.5)."""

from __future__ import annotations

from sandbox.crm.state import Account, Integration, Record, World
from sandbox.crm.widgets.archive import Archive


def of(world: World) -> tuple[Integration, Archive] | None:
    """The one integration of this sandbox whose archive was uploaded."""
    found = ((i, world.archives.get(i.client_id)) for i in world.integrations.values())
    return next(((integration, archive) for integration, archive in found if archive), None)


def path(integration: Integration) -> str:
    """Where its files lie, under every account's host."""
    return f"/widgets/{integration.widget_code}"


def describe(world: World, account: Account) -> Record | None:
    """What a page that runs the widget knows of it; None when no archive was uploaded."""
    uploaded = of(world)
    if uploaded is None:
        return None
    integration, archive = uploaded
    manifest, install = archive.manifest, account.installs.get(integration.client_id)
    return {
        "code": integration.widget_code, "path": path(integration), "version": archive.version,
        "client_id": integration.client_id, "status": _status(archive, install),
        "settings": (install or {}).get("settings", {}), "fields": manifest.get("settings", {}),
        "locations": manifest["locations"], "init_once": bool(manifest["widget"].get("init_once")),
        "languages": list(archive.words),
    }  # fmt: skip


def _status(archive: Archive, install: Record | None) -> str:
    """`install`, or, once it was pressed, whether everything required is filled in."""
    if install is None:
        return "install"
    required = [name for name, field in archive.manifest.get("settings", {}).items() if field.get("required")]
    return "installed" if all(install["settings"].get(name) for name in required) else "not_configured"
