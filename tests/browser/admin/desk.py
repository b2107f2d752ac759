"""The page of settings as an employee uses it."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator, expect

from sandbox.crm.handle import AccountHandle
from tests.browser.chromium import Screen


class Desk:
    """`answers` stands in for one address of the service; everything else is the real one."""

    def __init__(self, screen: Screen, account: AccountHandle, user: dict[str, Any]) -> None:
        self.screen, self.page = screen, screen.page
        self._account, self._user = account, user

    def tab(self, key: str) -> Locator:
        self.page.locator(f"#ps-tab-{key}").click()
        return self.page.locator(f"#ps-panel-{key}")

    def is_at(self, key: str) -> None:
        expect(self.page.locator(f"#ps-tab-{key}")).to_have_attribute("aria-selected", "true")

    def field(self, path: str) -> Locator:
        return self.page.locator(f'.ps-field[data-path="{path}"]')

    def input(self, path: str) -> Locator:
        return self.field(path).locator("input, select, textarea").first

    def error(self, path: str) -> Locator:
        """The words that stand at this field and no other."""
        return self.field(path).locator("> .ps-error")

    def wrong(self) -> list[str]:
        """The fields that have an error, in the order of the page."""
        paths = "nodes => nodes.map((node) => node.parentElement.dataset.path)"
        return list(self.page.locator(".ps-field > .ps-error:not([hidden])").evaluate_all(paths))

    def saves(self) -> None:
        self.page.locator(".ps-saving .ps-main").click()

    def is_told(self, words: str) -> None:
        expect(self.page.locator(".ps-saving-words")).to_contain_text(words)

    def begins_with(self, changed: dict[str, Any]) -> None:
        """As if the employee had typed this and reloaded the page: what is not saved is kept by the browser."""
        name = f"phone-station:{self._account.id}:{self._user['id']}:draft"
        self.page.evaluate("([name, kept]) => sessionStorage.setItem(name, kept)", [name, json.dumps(changed)])
        self.page.reload()
        self.screen.sees("[role=tab]")

    def answers(self, path: str, answer: Any, status: int = 200) -> None:
        headers = {"Access-Control-Allow-Origin": self._account.url}
        self.page.route(f"**{path}*", lambda route: route.fulfill(json=answer, status=status, headers=headers))
