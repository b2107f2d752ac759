"""What is wrong with the line to a PBX, as its administrator is told when nobody checks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from flask import Flask

from backend.processes.line import line
from backend.processes.line.line import Line
from backend.processes.line.store_access import QuietStoreAccess
from backend.store import db
from backend.store.accounts import AccountPbx
from backend.store.settings import settings
from backend.store.settings.settings import PbxSetting
from tests.asking import ask
from tests.firm import Firm
from tests.pbx.fake_ami import LOOPBACK, SECRET, USER

from .fake_pbx import Pbx

PATIENCE = 60.0  # seconds; only ever spent by a test that fails


def test_a_line_that_is_refused_says_why_in_each_language(firm: Firm, other: Firm, pbx: Pbx) -> None:
    for each in (firm, other):
        _is_held(each, pbx)
    pbx.refuses["Login"] = "Authentication failed"
    asyncio.run(_until_shown(firm, "refused"))
    reasons = [_pbx(firm, language)["link_reason"] for language in ("ru", "en")]
    assert "неверны имя или пароль" in reasons[0]
    assert "wrong username or secret" in reasons[1]
    assert (_pbx(other, "ru")["link"], _pbx(other, "ru")["link_reason"]) == ("never", "")


def test_a_line_that_was_refused_is_up_again_once_it_is_mended_there(
    firm: Firm, pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to touch the settings."""
    monkeypatch.setattr(line, "REFUSED_AGAIN", 0.1)
    _is_held(firm, pbx)
    pbx.refuses["Login"] = "Authentication failed"

    async def story() -> None:
        async with _line(firm):
            await _until_link(firm, "refused")
            del pbx.refuses["Login"]
            await _until_link(firm, "up")

    asyncio.run(story())
    assert _pbx(firm, "en")["link_reason"] == ""


def test_a_line_that_is_up_says_which_rights_it_lacks(firm: Firm, pbx: Pbx) -> None:
    _is_held(firm, pbx)
    pbx.refuses["Setvar"] = pbx.refuses["Filter"] = "Permission denied"
    pbx.may = ("Ping", "Originate")
    asyncio.run(_until_shown(firm, "up"))
    assert _pbx(firm, "ru")["link_reason"] == "Пользователю AMI не хватает прав write=call, write=system."
    assert _pbx(firm, "en")["link_reason"] == "The AMI user lacks write=call, write=system."


def _is_held(firm: Firm, pbx: Pbx) -> None:
    with firm.app.app_context():
        settings.write_pbx(firm.id, PbxSetting(host="127.0.0.1", port=pbx.port, username=USER, secret=SECRET))
        row = db.session.get(AccountPbx, firm.id)
        assert row is not None
        row.lease_until = db.func.now() + db.text("interval '1 minute'")
        db.session.commit()


def _pbx(firm: Firm, language: str) -> dict[str, Any]:
    answer = ask(firm, "Вера", "GET", "/api/settings", None, language)
    assert answer.json is not None, answer.text
    return answer.json["pbx"]  # type: ignore[no-any-return]


async def _until_shown(firm: Firm, link: str) -> None:
    async with _line(firm):
        await _until_link(firm, link)


@asynccontextmanager
async def _line(firm: Firm) -> AsyncIterator[None]:
    def in_store(errand: Callable[[], Any]) -> Awaitable[Any]:
        return asyncio.to_thread(_in_store, firm.app, errand)

    held = Line(firm.id, in_store, LOOPBACK, QuietStoreAccess(in_store))
    try:
        yield
    finally:
        await held.close()


async def _until_link(firm: Firm, link: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await asyncio.to_thread(_pbx, firm, "ru"))["link"] != link:
            await asyncio.sleep(0.05)


def _in_store(app: Flask, errand: Callable[[], Any]) -> Any:
    with app.app_context():
        return errand()
