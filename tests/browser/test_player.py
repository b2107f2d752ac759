"""A recording in the card: played and sought by the backend's own ranges, from the keyboard; else told why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from backend.config import Settings
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from tests.accounts.conftest import acme, app, beta, connected, crm, keys, make_app  # noqa: F401 - fixtures
from tests.accounts.conftest import ours as usual  # noqa: F401
from tests.browser.admin.conftest import bundle, widget  # noqa: F401 - fixtures
from tests.browser.chromium import Screen
from tests.browser.conftest import People
from tests.firm import Firm
from tests.recordings.conftest import IVAN, Recorder
from tests.recordings.sounds import wav

Two = tuple[AccountHandle, AccountHandle]
SECONDS = 30
THERE = "(sound) => sound.readyState >= 1 && Number.isFinite(sound.duration)"


@pytest.fixture
def ours(usual: Settings, tmp_path: Path) -> Settings:  # noqa: F811
    return usual.model_copy(update={"data_dir": tmp_path})


@pytest.fixture
def recorder(connected: Two, app: Flask, crm: Crm, widget: str) -> Recorder:  # noqa: F811
    """Of the first account, whose Иван calls."""
    for each in connected:
        each.install(settings={"consent": "1"})
    account = connected[0]
    account.add_contact("Иван", [IVAN], account.users[0])
    people = {"Анна": account.users[0]["id"], "Борис": account.users[1]["id"], "Вера": account.users[0]["id"]}
    firm = Firm(app, crm, account, account.id, people)
    firm.set(recordings={"source": "push"})
    firm.sync()
    return Recorder(firm)


@pytest.fixture
def card(recorder: Recorder, person: People) -> Callable[..., Screen]:
    def opens(language: str = "ru") -> Screen:
        account = recorder.firm.account
        (contact,) = (each for each in account.state()["contacts"].values() if each["name"] == "Иван")
        who = person(account, account.users[0])
        who.expects("status of [45]")
        return who.opens_tab(f"/contacts/detail/{contact['id']}&lang={language}")

    return opens


def told(sound: Locator, name: str) -> Any:
    return sound.evaluate(f"(sound) => sound.{name}")


def test_a_recording_is_played_and_sought_and_one_that_is_not_there_is_told(
    recorder: Recorder, card: Callable[..., Screen]
) -> None:
    recorder.spool.files["one.wav"] = wav(SECONDS)
    recorder.record("one.wav")
    recorder.record("later.wav")
    recorder.fetch()
    page = card().page
    ranges: list[str | None] = []
    page.on("request", lambda each: "/recordings/" in each.url and ranges.append(each.headers.get("range")))
    expect(page.locator(".ps-call")).to_have_count(2)
    later, ready = page.locator(".ps-call").all()
    listens(page, ready)
    sound = there(page)
    assert abs(told(sound, "duration") - SECONDS) < 1
    assert (told(sound, "autoplay"), told(sound, "controls")) == (False, True)
    sound.evaluate("(sound) => { sound.currentTime = 20 }")
    page.wait_for_function("(sound) => !sound.seeking && sound.currentTime >= 20", arg=sound.element_handle())
    assert told(sound, "error") is None
    assert ranges
    assert all(each and each.startswith("bytes=") for each in ranges)
    expect(later).to_contain_text("Запись ещё готовится")
    listens(page, later)
    expect(later.get_by_role("button", name="Слушать")).to_be_focused()
    expect(later).to_contain_text("Запись ещё готовится")
    expect(card("en").page.locator(".ps-call").first).to_contain_text("The recording is not ready yet")


def listens(page: Page, call: Locator) -> None:
    call.get_by_role("button", name="Слушать").focus()
    page.keyboard.press("Enter")


def there(page: Page) -> Locator:
    """The player, once it knows how long its recording is."""
    sound = page.locator(".ps-player")
    expect(sound).to_be_focused()
    page.wait_for_function(THERE, arg=sound.element_handle())
    return sound


def test_the_crm_s_own_player_in_the_note_plays_and_seeks(recorder: Recorder, person: People) -> None:
    """The link that the note has had from the first moment."""
    firm = recorder.firm
    recorder.spool.files["one.wav"] = wav(SECONDS)
    recorder.record("one.wav")
    firm.work_through()
    (note,) = firm.call_notes()
    recorder.fetch()
    page = person(firm.account, firm.account.users[0]).opens_tab(f"/leads/detail/{note['entity_id']}").page
    ranges: list[tuple[str | None, int]] = []
    page.on(
        "response",
        lambda each: "/recordings/" in each.url and ranges.append((each.headers.get("content-range"), each.status)),
    )
    sound = page.locator(f'audio[src="{note["params"]["link"]}"]')
    sound.evaluate("(sound) => sound.play()")
    page.wait_for_function("(sound) => sound.currentTime > 0", arg=sound.element_handle())
    sound.evaluate("(sound) => { sound.currentTime = 25 }")
    page.wait_for_function("(sound) => !sound.seeking && sound.currentTime > 25", arg=sound.element_handle())
    assert abs(told(sound, "duration") - SECONDS) < 1
    assert {status for _, status in ranges} == {206}
