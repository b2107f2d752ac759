"""A real Chromium: a person is a browser of her own, a screen is a tab of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from sandbox.crm.handle import AccountHandle

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 45_000  # ms; only ever spent by a test that fails
USUAL: dict[str, Any] = {
    "viewport": {"width": 1360, "height": 860},
    "locale": "ru-RU",
    "timezone_id": "Europe/Moscow",
}


@contextmanager
def running() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.fail("no Chromium here: `make test` installs it, or apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Screen:
    """One tab of an employee who is signed in to the CRM."""

    def __init__(self, page: Page, account: AccountHandle, user: dict[str, Any]) -> None:
        self.page, self._account, self._user = page, account, user

    def opens(self, path: str) -> Screen:
        self.page.goto(f"{self._account.url}/enter/{self._user['id']}?to={path}")
        return self

    def opens_lead(self, lead: dict[str, Any]) -> Screen:
        return self.opens(f"/leads/detail/{lead['id']}")

    def sees(self, selector: str, text: str | None = None) -> Locator:
        """Waits until it is there, and says `text` somewhere."""
        found = self.page.locator(selector, has_text=text)
        expect(found.first).to_be_visible()
        return found

    def sees_no(self, selector: str, text: str | None = None) -> None:
        """Waits until nothing of it is there."""
        expect(self.page.locator(selector, has_text=text)).to_have_count(0)

    def popup(self, text: str, state: str | None = None) -> Locator:
        """Waits for the one popup that says `text`, in this state."""
        found = self.page.locator(".ps-popup" + (f'[data-state="{state}"]' if state else ""), has_text=text)
        expect(found).to_have_count(1)
        return found

    def clicks_phone(self, number: str, caption: str) -> None:
        """The menu of a phone number in a card or a list."""
        self.page.locator(f'[data-phone="{number}"]').first.click()
        self.page.get_by_role("menuitem", name=caption).click()

    @property
    def violations(self) -> list[str]:
        return list(self.page.evaluate("() => window.__violations"))


class Person:
    """An employee at a browser of her own; its errors are kept, those that a test `expects` are not."""

    def __init__(self, browser: Browser, account: AccountHandle, user: dict[str, Any], **options: Any) -> None:
        self._context: BrowserContext = browser.new_context(**{**USUAL, **options})
        self._context.set_default_timeout(PATIENCE)
        self._account, self.user = account, user
        self._expected: list[str] = []
        self._heard: list[str] = []
        self._context.on("console", self._hear)
        self._context.on("weberror", lambda error: self._heard.append(str(error.error)))

    def expects(self, *patterns: str) -> None:
        self._expected.extend(patterns)

    def opens_tab(self, path: str = "/leads") -> Screen:
        return Screen(self._context.new_page(), self._account, self.user).opens(path)

    def listens(self, path: str = "/leads") -> Screen:
        """Her first tab, once its stream is open."""
        screen = Screen(self._context.new_page(), self._account, self.user)
        with screen.page.expect_response(lambda answer: "/api/stream?" in answer.url and answer.ok):
            screen.opens(path)
        return screen

    @property
    def errors(self) -> list[str]:
        return [said for said in self._heard if not any(re.search(each, said) for each in self._expected)]

    def leaves(self) -> None:
        self._context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._heard.append(f"{message.text} ({message.location['url']})")
