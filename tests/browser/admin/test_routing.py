"""Routing and recordings are set, what is known of the clients is told; a secret is never read back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from backend.store import db
from backend.store.recordings import access
from backend.store.settings import settings
from sandbox.crm.handle import AccountHandle
from tests.accounts.conftest import fresh
from tests.browser.admin.conftest import Opens, stored

Two = tuple[AccountHandle, AccountHandle]

CLIENTS: dict[str, Any] = {
    "state": "running", "follows": None, "stage": "contacts", "done": 12_000, "total": 40_000, "eta_seconds": 130,
    "parties": 12_000, "phones": 13_500, "synced_at": None,
}  # fmt: skip
URL = "https://pbx.example/monitor"


def kept_secret(account: AccountHandle) -> str | None:
    fresh()
    return access.secret_for(account.id, settings.read(account.id).recordings)


def test_routing_is_set(opens: Opens, connected: Two) -> None:
    acme, beta = connected
    before = stored(beta)
    desk = opens(acme, acme.users[0])
    panel = desk.tab("routing")
    path = "settings.routing"
    expect(desk.input(f"{path}.then.extension")).to_be_hidden()
    panel.get_by_label("в общую очередь").check()
    desk.input(f"{path}.ring_seconds").fill("15")
    desk.input(f"{path}.names").select_option(label="Латиницей")
    desk.input(f"{path}.copied").fill("0")
    desk.saves()
    expect(desk.error(f"{path}.then.extension")).to_contain_text("недопустимые знаки")
    expect(desk.input(f"{path}.then.extension")).to_be_focused()
    desk.input(f"{path}.then.extension").fill("600")
    desk.saves()
    desk.is_told("Сохранено")
    assert stored(acme)["routing"] == {
        "rings_responsible": True, "ring_seconds": 15, "then": {"context": "from-internal", "extension": "600"},
        "names": "latin", "copied": 0, "shown_prefix": "",
    }  # fmt: skip
    panel.get_by_label("Сначала звонить ответственному").uncheck()
    panel.get_by_label("туда, куда ведёт набранный номер").check()
    desk.saves()
    expect(desk.page.locator(".ps-changed:visible")).to_have_count(0)
    now = stored(acme)["routing"]
    assert (now["rings_responsible"], now["then"]) == (False, None)
    assert stored(beta) == before
    assert desk.screen.violations == []


def test_the_source_of_recordings_is_set_and_its_secret_goes_nowhere_else(opens: Opens, connected: Two) -> None:
    acme, beta = connected
    desk = opens(acme, acme.users[0])
    desk.tab("recordings")
    path = "settings.recordings"
    expect(desk.field(f"{path}.url")).to_have_count(0)
    desk.input(f"{path}.source").select_option(label="С веб-сервера АТС")
    expect(desk.input(f"{path}.source")).to_be_focused()
    for name, typed in {"url": URL, "path": "{name}", "username": "station", "secret": "Gh7-token"}.items():
        desk.input(f"{path}.{name}").fill(typed)
    desk.input(f"{path}.days_kept").fill("")
    assert "Gh7-token" not in desk.page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    desk.saves()
    desk.is_told("Сохранено")
    now = stored(acme)["recordings"]
    assert (now["source"], now["url"], now["path"], now["days_kept"]) == ("http", URL, "{name}", None)
    assert (kept_secret(acme), kept_secret(beta)) == ("Gh7-token", None)
    expect(desk.input(f"{path}.secret")).to_have_value("")
    expect(desk.input(f"{path}.secret")).to_have_attribute("placeholder", "сохранён")
    desk.input(f"{path}.url").fill("https://other.example/monitor")
    expect(desk.input(f"{path}.secret")).to_have_attribute("placeholder", "введите пароль заново")
    desk.saves()
    expect(desk.error(f"{path}.secret")).to_contain_text("введите пароль")
    assert "Gh7-token" not in desk.page.content()
    assert desk.screen.violations == []


def test_lines_for_a_pbx_that_sends_recordings_itself(opens: Opens, connected: Two) -> None:
    acme, beta = connected
    desk = opens(acme, acme.users[0])
    panel = desk.tab("recordings")
    desk.input("settings.recordings.source").select_option(label="АТС отправляет запись сама после звонка")
    expect(panel).to_contain_text("Сохраните настройки, чтобы получить строки для АТС")
    desk.saves()
    desk.is_told("Сохранено")
    fresh()
    key = str(access.upload_key(acme.id))
    expect(panel.locator("pre").first).to_contain_text(key)
    panel.get_by_role("button", name="Выдать новый ключ").click()
    expect(panel.locator("pre").first).not_to_contain_text(key)
    fresh()
    assert access.upload_key(acme.id) != key
    assert access.upload_key(beta.id) is None
    db.session.rollback()


def test_the_source_is_tried_before_it_is_saved(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    panel = desk.tab("recordings")
    path = "settings.recordings"
    desk.input(f"{path}.source").select_option(label="С АТС по SFTP")
    panel.get_by_role("button", name="Проверить").click()
    expect(desk.error(f"{path}.url")).to_contain_text("обязательное поле")
    key = f"SHA256:{'k' * 43}"
    lines = [
        {"what": "address", "state": "ok", "message": "Соединение есть."},
        {"what": "login", "state": "fail", "message": "<b>Нет</b>"},
    ]
    desk.answers("/api/recordings/check", {"ok": False, "lines": lines, "host_key": key})
    panel.get_by_role("button", name="Проверить").click()
    expect(panel.locator(".ps-result .ps-line")).to_have_text(["АдресСоединение есть.", "Вход<b>Нет</b>"])
    panel.get_by_role("button", name="Доверять этому ключу").click()
    expect(desk.input(f"{path}.host_key")).to_have_value(key)
    expect(desk.input(f"{path}.host_key")).to_be_focused()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_first_reading_of_the_clients_is_followed_at_a_press(opens: Opens, connected: Two, language: str) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0], language)
    section = desk.page.locator(
        ".ps-section", has_text={"ru": "Клиенты из CRM", "en": "Clients from the CRM"}[language]
    )
    expect(section).to_contain_text({"ru": "Первая загрузка скоро начнётся", "en": "starts soon"}[language])
    asked: list[str] = []
    desk.page.on("request", lambda each: "/api/phonebook" in each.url and asked.append(each.method))
    desk.answers("/api/phonebook", CLIENTS)
    again = section.get_by_role("button", name={"ru": "Обновить", "en": "Refresh"}[language])
    again.click()
    left = {"ru": "осталось около 3 мин", "en": "about 3 min left"}[language]
    expect(section).to_contain_text(left)
    expect(section.get_by_role("progressbar")).to_have_attribute("value", "12000")
    desk.answers("/api/phonebook", {**CLIENTS, "state": "current", "follows": "polling", "synced_at": 1_795_424_400})
    again.click()
    expect(section).to_contain_text({"ru": "раз в минуту", "en": "every minute"}[language])
    expect(section.get_by_role("progressbar")).to_have_count(0)
    assert asked == ["GET", "GET"]
