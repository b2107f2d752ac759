"""The page of settings as an employee uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.chromium import Screen


class Desk:
    """An employee at the page of settings."""

    def __init__(self, screen: Screen) -> None:
        self.screen, self.page = screen, screen.page

    def tab(self, key: str) -> Locator:
        self.page.locator(f"#ps-tab-{key}").click()
        return self.page.locator(f"#ps-panel-{key}")

    def field(self, path: str) -> Locator:
        return self.page.locator(f'.ps-field[data-path="{path}"]')

    def error(self, path: str) -> Locator:
        """The words that stand at this field and no other."""
        return self.field(path).locator(":scope > .ps-error")

    def saves(self) -> None:
        self.page.locator(".ps-saving .ps-main").click()

    def is_told(self, words: str) -> None:
        expect(self.page.locator(".ps-saving-words")).to_contain_text(words)
