"""A site is set up in the widget; its visitor presses the button; the request is listed, and stopped."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from backend.store import db
from backend.store.callback import requests
from backend.store.callback.requests import CallbackRow
from sandbox.crm.handle import AccountHandle
from sandbox.site.server import HOST, Site
from tests.accounts.conftest import fresh
from tests.asking import ask
from tests.browser.admin.conftest import Opens, stored
from tests.firm import Firm

Two = tuple[AccountHandle, AccountHandle]
HOSTILE = '<img src=x onerror="window.hit = 1">'


def rows(account: AccountHandle) -> list[CallbackRow]:
    fresh()
    return list(requests.of_account(account.id))


def make_site(app: Flask, crm: Any, account: AccountHandle, **more: Any) -> str:
    """A site as it is in the settings; its key."""
    firm = Firm(app, crm, account, account.id, {user["name"]: user["id"] for user in account.users})
    made = ask(firm, "Анна Петрова", "POST", "/api/callback/sites").json
    assert made is not None
    place = {"key": made["key"], "name": "Магазин", "hosts": [HOST], **more}
    answer = ask(firm, "Анна Петрова", "PUT", "/api/settings", {"settings": {"callback": {"sites": [place]}}})
    assert answer.status_code == 200, answer.text
    return str(made["key"])


def visits(chromium: Browser, site: Site, language: str = "ru") -> tuple[Page, list[str]]:
    """A visitor's page, with the form open, and what went wrong on it."""
    page = chromium.new_context().new_page()
    page.set_default_timeout(45_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site.url}/?lang={language}&utm_source=ya&secret=no")
    page.get_by_role("button", name="Заказать звонок" if language == "ru" else "Call me back").click()
    return page, errors


def test_a_site_is_added_saved_and_rings(opens: Opens, connected: Two, app: Flask, chromium: Browser) -> None:
    acme, beta = connected
    desk = opens(acme, acme.users[0])
    tab = desk.tab("callbacks")
    desk.page.get_by_role("button", name="Добавить сайт").click()
    path = "settings.callback.sites.0"
    desk.input(f"{path}.name").fill("Двери")
    desk.input(f"{path}.hosts").fill("x..y")
    desk.input(f"{path}.target").fill("600")
    desk.input(f"{path}.departments").fill("Продажи = 601\nСервис = 602")
    secrets = tab.locator("details pre").all_inner_texts()
    desk.field("settings.callback.order").get_by_label("Отдел, выбранный в форме: поднять выше").click()
    desk.input("settings.callback.again_seconds").fill("20")
    desk.input("settings.callback.again_client_seconds").fill("45")
    desk.input("settings.callback.fields").fill("размер = XL")
    expect(desk.input("settings.callback.quiet.since")).to_be_hidden()
    desk.page.get_by_label("Не звонить в тихие часы").check()
    desk.input("settings.callback.quiet.since").fill("22:30")
    desk.saves()
    expect(desk.error(f"{path}.hosts")).to_contain_text("это не имя сайта")
    expect(desk.error("settings.callback.fields")).to_contain_text("размер")
    desk.input(f"{path}.hosts").fill(f"{HOST}\nпример.рф")
    desk.input("settings.callback.fields").fill("размер = 123456")
    desk.saves()
    desk.is_told("Сохранено")
    now = stored(acme)["callback"]
    (site,) = now["sites"]
    assert site == {
        "key": site["key"], "name": "Двери", "hosts": [HOST, "xn--e1afmkfd.xn--p1ai"], "target": "600", "stage": None,
        "departments": {"Продажи": "601", "Сервис": "602"},
    }  # fmt: skip
    assert now["order"] == ["department", "responsible", "site", "default"]
    assert (now["again_client_seconds"], now["fields"]) == (45, {"размер": 123456})
    assert (now["again_seconds"], now["quiet"]) == (20, {"since": "22:30", "until": "09:00"})
    address, departments = f"{app.config['PUBLIC_URL']}/callback.js", 'data-departments="Продажи|Сервис"'
    line = f'<script src="{address}" data-site="{site["key"]}" {departments} async></script>'
    expect(desk.field(f"{path}.key").locator("pre")).to_have_text(line)
    assert len(secrets) == 2
    desk.page.reload()
    desk.tab("callbacks")
    expect(tab.locator("pre")).to_have_count(1)
    assert not any(secret in desk.page.content() for secret in secrets)
    assert stored(beta)["callback"]["sites"] == []
    assert desk.screen.violations == []


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_button_of_a_site_leaves_one_request(
    connected: Two, app: Flask, chromium: Browser, crm: Any, language: str
) -> None:
    acme, beta = connected
    key = make_site(app, crm, acme, departments={"Сервис": "602"})
    words = {
        "ru": ("Телефон", "Имя", "Вопрос", "Отдел", "Жду звонка", "Проверьте номер", "Заявка принята"),
        "en": ("Phone", "Name", "Question", "Department", "Call me", "Please check the phone", "Request received"),
    }[language]
    with Site(app.config["PUBLIC_URL"], key, ("Сервис",)) as site:
        page, errors = visits(chromium, site, language)
        phone = page.get_by_label(words[0])
        expect(phone).to_be_focused()
        phone.fill("8 916 123-45")
        page.get_by_role("button", name=words[4], exact=True).click()
        status = page.get_by_role("status")
        expect(status).to_contain_text(words[5])
        phone.fill("8 (916) 123-45-67")
        page.get_by_label(words[1]).fill(HOSTILE)
        page.get_by_label(words[2]).fill("Сколько стоит?")
        page.get_by_label(words[3]).select_option("Сервис")
        page.get_by_role("button", name=words[4], exact=True).click()
        expect(status).to_contain_text(words[6])
        assert errors == []
        (row,) = rows(acme)
        fields = dict(row.fields)
        assert (row.phone, row.name, row.comment, row.department) == (
            "+79161234567",
            HOSTILE,
            "Сколько стоит?",
            "Сервис",
        )
        assert (fields["utm_source"], fields["page"].split("?")[0]) == ("ya", f"{site.url}/")
        assert set(fields) <= {"utm_source", "page", "title", "referer"}
        row.state = "ringing"
        db.session.commit()
        expect(status).to_contain_text("Ищем свободного" if language == "ru" else "Looking for an available")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.context.close()
    assert rows(beta) == []


def test_a_foreign_page_with_the_key_gets_nothing(connected: Two, app: Flask, chromium: Browser, crm: Any) -> None:
    acme, _ = connected
    key = make_site(app, crm, acme, hosts=["shop.example"])
    with Site(app.config["PUBLIC_URL"], key) as site:
        page, _ = visits(chromium, site)
        page.get_by_label("Телефон").fill("8 (916) 123-45-67")
        page.get_by_role("button", name="Жду звонка").click()
        expect(page.get_by_role("status")).to_contain_text("Не удалось отправить")
        page.context.close()
    assert rows(acme) == []


def test_requests_are_seen_and_stopped(opens: Opens, connected: Two, app: Flask, crm: Any) -> None:
    acme, beta = connected
    for account in connected:
        key = make_site(app, crm, account)
        form = {"phone": "8 (916) 123-45-67", "name": HOSTILE, "comment": "Когда?"}
        client = app.test_client()
        for origin in (f"http://{HOST}", "https://evil.example"):
            client.post(f"/callback/{key}", data=form, headers={"Origin": origin})
    (asked,) = rows(acme)
    asked.reason = "no-target"
    db.session.commit()
    desk = opens(acme, acme.users[0])
    tab = desk.tab("overview")
    row = tab.locator(".ps-requests tbody tr")
    expect(row).to_have_count(1)
    for words in ("+7 916 123-45-67", HOSTILE, "Магазин", "Когда?", "Ждёт", "Не задан номер, на который звонить"):
        expect(row).to_contain_text(words)
    expect(tab.locator(".ps-requests")).to_contain_text("Отклонено за сутки: со страницы чужого сайта: 1")
    row.get_by_role("button", name="Позвонить сейчас").click()
    row.get_by_role("button", name="Остановить").click()
    expect(row).to_contain_text("Остановлена")
    expect(row.get_by_role("button")).to_have_count(0)
    assert [each.state for each in rows(acme)] == ["stopped"]
    assert [each.state for each in rows(beta)] == ["waiting"]
    assert desk.page.evaluate("() => window.hit") is None
    assert desk.screen.violations == []
