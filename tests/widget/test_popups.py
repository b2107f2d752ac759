"""What a person sees and does: names that are not what they seem, the keyboard, drafts, calls by click."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.widget.conftest import Tab
from tests.widget.station import Station

HOSTILE = (
    "<img src=x onerror=document.title='hacked'>",
    "Длинное имя " * 900,
    "W" * 10_000,
    "‮مرحبا עולם",
    "👩‍👩‍👧‍👦🏳️‍🌈" * 40,
)


def ended() -> dict[str, object]:
    """A talk with a new client that has ended now."""
    at = time.time() - 30
    who = {"direction": "inbound", "phone": "+7 903 555-12-12", "is_new": True}
    return {**who, "at": at, "answered_at": at, "duration": 25}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_and_bursts_nothing(station: Station, tab: Tab, name: str) -> None:
    page = tab()
    lead = {"id": 1, "name": name, "price": 1, "stage": name}
    station.show(
        "a", "ringing", name=name, company=name, phone=name, did=name, direction="inbound", lead=lead, at=time.time(),
        responsible={"id": 1, "name": name}, passed_by={"name": name},
    )  # fmt: skip
    popup = page.locator(".ps-popup")
    expect(popup.locator("h3")).to_contain_text(name[:20].strip())
    assert popup.locator("img").count() == 0
    assert "hacked" not in page.title()
    assert popup.evaluate("node => node.scrollWidth <= node.clientWidth && node.clientHeight < 640")


def test_a_popup_takes_no_focus_and_is_used_by_keyboard(station: Station, tab: Tab) -> None:
    page = tab()
    page.locator("#field").click()
    station.show("a", "talking", direction="inbound", name="Анна", at=time.time(), answered_at=time.time())
    station.tell("colleagues", {"colleagues": [{"user_id": 3, "name": "Вера", "extension": "103", "state": "free"}]})
    expect(page.locator(".ps-popup")).to_be_visible()
    page.keyboard.type("пишу")
    expect(page.locator("#field")).to_have_value("пишу")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Закрыть")).to_be_focused()
    _tab_to(page, "Перевести")
    page.keyboard.press("Enter")
    page.keyboard.type("вер")
    _tab_to(page, "Посоветоваться")
    page.keyboard.press("Enter")
    station.wait_for(lambda: bool(station.bodies("POST", "/api/calls/a/transfer")))
    assert station.bodies("POST", "/api/calls/a/transfer")[0].items() >= {"to": 3, "kind": "attended"}.items()
    page.keyboard.press("Escape")
    expect(page.locator(".ps-chooser")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".ps-popup")).to_have_count(1)  # a call that goes on is closed by its button alone
    page.get_by_role("button", name="Закрыть").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ps-popup")).to_have_count(0)


def _tab_to(page: Page, name: str) -> None:
    for _ in range(12):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.textContent"):
            return
    pytest.fail(f"{name} is not reached by Tab")


def test_a_draft_outlives_the_page_and_is_seen_in_the_other_tab(station: Station, tab: Tab) -> None:
    one, other = tab(), tab()
    station.show("a", "ended", **ended())
    one.locator("textarea").fill("Просит скидку")
    expect(other.locator("textarea")).to_have_value("Просит скидку")
    one.reload()
    expect(one.locator("textarea")).to_have_value("Просит скидку")
    one.get_by_role("button", name="Сохранить").click()
    for page in (one, other):
        expect(page.locator(".ps-popup")).to_have_count(0)
    [outcome] = station.bodies("POST", "/api/popups/a/outcome")
    assert outcome["note"] == "Просит скидку"


def test_typing_goes_on_while_the_call_changes(station: Station, tab: Tab) -> None:
    page = tab()
    station.show("a", "talking", **ended())
    page.locator("textarea").press_sequentially("Просит ")
    station.show("a", "ended", lead={"id": 1, "name": "Окна", "price": 0, "stage": ""})
    expect(page.locator(".ps-popup-lead")).to_be_visible()
    page.keyboard.type("скидку")
    expect(page.locator("textarea")).to_have_value("Просит скидку")
    page.get_by_placeholder("Своё").press_sequentially("Скидка")
    expect(page.get_by_placeholder("Своё")).to_have_value("Скидка")


def test_a_double_click_in_the_phone_menu_makes_one_call(station: Station, tab: Tab) -> None:
    page = tab()
    station.answers["POST", "/api/calls"] = (200, {"call": "a", "state": "calling"})
    page.evaluate("() => { station.click('+7 903 555-12-12'); station.click('+7 903 555-12-12'); }")
    expect(page.locator(".ps-popup")).to_have_attribute("data-state", "calling")
    station.wait_for(lambda: bool(station.bodies("POST", "/api/calls")))
    station.show("a", "talking", direction="outbound", at=time.time(), answered_at=time.time())
    expect(page.locator(".ps-popup")).to_have_count(1)
    expect(page.locator(".ps-popup")).to_have_attribute("data-state", "talking")
    assert len(station.bodies("POST", "/api/calls")) == 1
    assert page.evaluate("station.isInCall()")


def test_a_small_window_still_shows_what_matters(station: Station, tab: Tab) -> None:
    page = tab()
    page.set_viewport_size({"width": 420, "height": 480})
    station.show("a", "ended", **ended())
    station.show("b", "talking", direction="inbound", name="Анна", at=time.time(), answered_at=time.time())
    hang_up = page.get_by_role("button", name="Завершить")
    expect(hang_up).to_be_in_viewport(ratio=1)
    page.locator(".ps-popup-open").click()
    page.get_by_role("button", name="Пропустить").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Пропустить")).to_be_in_viewport(ratio=1)


def test_an_open_list_of_missed_calls_and_a_tall_popup_share_a_low_screen(station: Station, tab: Tab) -> None:
    page = tab()
    page.set_viewport_size({"width": 933, "height": 573})  # a small notebook at 150 %
    calls = [
        {"call": f"m{n}", "direction": "inbound", "result": "missed", "at": time.time(), "phone": f"+7 {n}"}
        for n in range(9)
    ]
    station.tell("missed", {"calls": calls})
    page.locator(".ps-missed-button").click()
    station.show("a", "ended", direction="inbound", name="Анна", at=time.time(), answered_at=time.time(), duration=5)
    expect(page.locator(".ps-popup")).to_be_visible()
    for part in (".ps-missed-button", ".ps-missed-head button", ".ps-popup-close"):
        assert page.locator(part).evaluate(
            "node => { const {x, y, width, height} = node.getBoundingClientRect();"
            " return node.contains(document.elementFromPoint(x + width / 2, y + height / 2)) }"
        ), part
    assert page.locator(".ps-popups").bounding_box()["y"] >= 65  # type: ignore[index]  # amoCRM's strip
