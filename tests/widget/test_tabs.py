"""One stream for all tabs of a browser, and one popup for a call, whatever happens to the tabs and the backend."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.widget.conftest import Tab
from tests.widget.station import Station

ANNA = {"direction": "inbound", "name": "Анна Петрова", "phone": "+7 916 123-45-67", "at": 1_800_000_000}


def shows(page: Page, state: str) -> None:
    """Exactly one popup, in this state."""
    expect(page.locator(".ps-popup")).to_have_count(1)
    expect(page.locator(".ps-popup")).to_have_attribute("data-state", state)


def test_three_tabs_have_one_stream_and_the_same_popup(station: Station, tab: Tab) -> None:
    tabs = [tab(), tab(), tab()]
    station.show("a", "ringing", **ANNA)
    for page in tabs:
        shows(page, "ringing")
    assert station.opened == [""]
    assert len(station.bodies("POST", "/api/stream/ticket")) == 1


def test_a_late_tab_shows_what_the_others_show(station: Station, tab: Tab) -> None:
    tab()
    station.show("a", "missed", **ANNA)
    shows(tab(), "missed")
    assert station.opened == [""]


def test_the_next_tab_leads_when_the_leader_is_closed(station: Station, tab: Tab) -> None:
    leader, *others = tab(), tab(), tab()
    station.show("a", "ringing", **ANNA)
    for page in others:
        shows(page, "ringing")
    leader.close()
    station.show("a", "missed")
    for page in others:
        shows(page, "missed")
    assert station.opened == ["", "1"]
    assert len(station.bodies("POST", "/api/stream/ticket")) == 1


def test_closed_in_one_tab_closed_in_all(station: Station, tab: Tab) -> None:
    one, other = tab(), tab()
    station.show("a", "missed", **ANNA)
    shows(other, "missed")
    one.get_by_role("button", name="Закрыть").click()
    for page in (one, other):
        expect(page.locator(".ps-popup")).to_have_count(0)
    station.wait_for(lambda: len(station.bodies("POST", "/api/popups/a/close")) == 1)


def test_nothing_is_missed_while_the_backend_restarts(station: Station, tab: Tab) -> None:
    page = tab()
    station.show("a", "talking", **ANNA)
    shows(page, "talking")
    station.drop_streams(away=True)
    expect(page.locator(".ps-popups-offline")).to_be_visible()
    station.show("a", "ended", duration=65)
    station.come_back()
    shows(page, "ended")
    assert station.opened == ["", "1"]


def test_a_reload_shows_the_same_again(station: Station, tab: Tab) -> None:
    page = tab()
    station.show("a", "missed", **ANNA)
    station.show("b", "closed", **ANNA)
    shows(page, "missed")
    page.reload()
    shows(page, "missed")
