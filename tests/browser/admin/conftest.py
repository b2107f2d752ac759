"""The administrator's page of the real bundle, in the sandbox's CRM, on the real backend; two connected accounts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from backend.store import db
from backend.store.settings import settings
from backend.store.settings.settings import PbxSetting
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from tests.accounts.conftest import acme, app, beta, connected, crm, fresh, keys, make_app, ours  # noqa: F401 - fixtures
from tests.browser.admin.desk import Desk
from tests.browser.conftest import People

HOME = Path(__file__).parents[3]
NOWHERE = "http://localhost:1"

Two = tuple[AccountHandle, AccountHandle]
Opens = Callable[..., Desk]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built archive, for a backend that is nowhere."""
    folder = tmp_path_factory.mktemp("widget")
    build = ["node", "widget/tools/build.mjs", "--backend", NOWHERE, "--folder", str(folder)]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(build, cwd=HOME, env={**os.environ, "PATH": path}, check=True, capture_output=True)
    return folder


@pytest.fixture
def widget(bundle: Path, crm: Crm, app: Flask, tmp_path: Path) -> str:  # noqa: F811
    """The widget's code, its archive uploaded to the sandbox for this test's backend."""
    for each in bundle.rglob("*"):
        if each.is_file():
            copy = tmp_path / "widget" / each.relative_to(bundle)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(each.read_bytes().replace(NOWHERE.encode(), app.config["PUBLIC_URL"].encode()))
    crm.install_widget(tmp_path / "widget")
    (integration,) = crm.parts.world.integrations.values()
    return integration.widget_code


@pytest.fixture
def opens(widget: str, connected: Two, person: People) -> Opens:  # noqa: F811
    """`opens(account, user, language)`: the page of settings in a browser of that employee's."""
    for each in connected:
        each.install(settings={"consent": "1"})

    def opens(account: AccountHandle, user: dict[str, Any], language: str = "ru", **options: Any) -> Desk:
        who = person(account, user, **options)
        who.expects("status of [45]", "uPlot")  # refusals are what these tests are about
        return Desk(who.opens_tab(f"/settings/widgets/{widget}&lang={language}"), account, user)

    return opens


def stored(account: AccountHandle) -> dict[str, Any]:
    """The account's settings as they are in the database now."""
    fresh()
    return settings.read(account.id).model_dump(mode="json")


def with_pbx(account: AccountHandle) -> None:
    settings.write_pbx(account.id, PbxSetting(host="pbx.example", username="station", secret="Gh7"))
    db.session.commit()
