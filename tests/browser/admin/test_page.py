"""The page of settings: what is typed is what is stored, by administrators alone, each of his own account."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import expect

from backend.store import accounts, db
from backend.store.accounts import AccountPbx
from sandbox.crm.handle import AccountHandle
from tests.browser.admin.conftest import Opens, stored

Two = tuple[AccountHandle, AccountHandle]

TABS = {
    "ru": ["Подключение", "Сотрудники", "Переадресация", "Сделки", "Уведомления", "Звонки", "Записи", "Сайты", "Обзор"],
    "en": ["Connection", "Employees", "Routing", "Leads", "Notifications", "Calls", "Recordings", "Sites", "Overview"],
}
KEYS = ("connection", "employees", "routing", "leads", "notices", "calls", "recordings", "callbacks", "overview")
HOSTILE = '<img src=x onerror="window.hit = 1">'


def test_what_is_typed_is_stored(opens: Opens, connected: Two, app: Flask) -> None:
    acme, beta = connected
    (anna, boris), before = acme.users, stored(beta)
    stage = next(each for each in accounts.stages(acme.id) if not each.is_unsorted)
    desk = opens(acme, anna)
    desk.tab("employees")
    line = desk.field(f"settings.employees.#{boris['id']}.extensions").locator(".ps-chips-line")
    line.press_sequentially("102,103")
    line.press("Enter")
    desk.input(f"settings.employees.#{boris['id']}.mobiles").fill("8 (916) 123-45-67")
    desk.input("settings.default_employee").select_option(label="Анна Петрова")
    desk.tab("leads")
    desk.page.get_by_role("button", name="Добавить номер").click()
    desk.page.get_by_label("Городской номер").fill("+7 495 100-00-01")
    desk.page.get_by_label("Воронка и этап для этого номера").select_option(label=stage.name)
    desk.input("settings.no_lead_numbers").fill("8 495 111-22-33\n\n+7 495 111-22-44 ")
    companies = desk.field("settings.no_lead_companies").locator(".ps-chips-line")
    companies.fill(f"{acme.url}/companies/detail/55")
    companies.press("Enter")
    desk.input("settings.lead_owner").select_option(label="Того, кто говорил дольше всех")
    desk.tab("notices")
    desk.field("settings.missed_to").get_by_label("Борис Иванов").check()
    desk.page.get_by_label("Только выбранные").check()
    desk.field("settings.open_lead_missed_to").get_by_label("Анна Петрова").check()
    desk.tab("calls")
    desk.input("settings.country").select_option(label="Казахстан (KZ)")
    desk.input("settings.dial.ring_seconds").fill("25")
    desk.saves()
    desk.is_told("Сохранено")
    now = stored(acme)
    assert now["employees"] == [
        {"user_id": boris["id"], "extensions": ["102", "103"], "mobiles": ["8 (916) 123-45-67"], "stage": None}
    ]
    place = {"pipeline_id": stage.pipeline_id, "status_id": stage.status_id}
    assert now["stages_by_did"] == {"+7 495 100-00-01": place}
    assert now["no_lead_numbers"] == ["8 495 111-22-33", "+7 495 111-22-44"]
    told = {name: now[name] for name in ("default_employee", "no_lead_companies", "missed_to", "open_lead_missed_to")}
    assert told == {
        "default_employee": anna["id"],
        "no_lead_companies": [55],
        "missed_to": [boris["id"]],
        "open_lead_missed_to": [anna["id"]],
    }
    assert (now["lead_owner"], now["country"], now["dial"]["ring_seconds"]) == ("longest", "KZ", 25)
    assert stored(beta) == before
    assert desk.screen.violations == []


def test_what_is_not_saved_is_marked_and_kept(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    expect(desk.page.get_by_role("button", name="Сохранить")).to_be_disabled()
    desk.input("pbx.host").fill("pbx.example")
    desk.input("pbx.secret").fill("Gh7-secret")
    desk.tab("calls")
    desk.input("settings.zone").fill("Asia/Almaty")
    desk.is_told("Есть несохранённые изменения")
    for key in ("connection", "calls"):
        expect(desk.page.locator(f"#ps-tab-{key} .ps-changed")).to_be_visible()
    assert "Gh7-secret" not in desk.page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    desk.page.reload()
    desk.is_at("calls")
    desk.is_told("Есть несохранённые изменения")
    expect(desk.input("settings.zone")).to_have_value("Asia/Almaty")
    desk.tab("connection")
    expect(desk.input("pbx.host")).to_have_value("pbx.example")
    desk.page.get_by_role("button", name="Отменить изменения").click()
    expect(desk.input("pbx.host")).to_have_value("")
    expect(desk.page.locator(".ps-changed:visible")).to_have_count(0)
    assert stored(acme)["zone"] == "Europe/Moscow"


def test_two_administrators_do_not_undo_each_other(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    anna, boris = acme.users
    acme.set_user(boris, is_admin=True)
    one, other = opens(acme, anna), opens(acme, boris)
    one.tab("calls")
    other.tab("notices")
    other.field("settings.missed_to").get_by_label("Анна Петрова").check()
    other.saves()
    other.is_told("Сохранено")
    one.input("settings.zone").fill("Asia/Almaty")
    one.saves()
    one.is_told("Сохранено")
    assert (stored(acme)["zone"], stored(acme)["missed_to"]) == ("Asia/Almaty", [anna["id"]])
    one.tab("notices")
    expect(one.field("settings.missed_to").get_by_label("Анна Петрова")).to_be_checked()


def test_who_is_no_administrator_sees_his_own_and_changes_nothing(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    anna, boris = acme.users
    admin = opens(acme, anna)
    admin.input("pbx.host").fill("pbx.example")
    admin.input("pbx.username").fill("station")
    admin.input("pbx.secret").fill("Gh7-secret")
    admin.tab("employees")
    line = admin.field(f"settings.employees.#{boris['id']}.extensions").locator(".ps-chips-line")
    line.fill("102")
    line.press("Enter")
    admin.saves()
    admin.is_told("Сохранено")
    desk = opens(acme, boris)
    expect(desk.page.get_by_role("tab")).to_have_text(["Мой номер", "Обзор"])
    expect(desk.page.locator("#ps-panel-own")).to_contain_text("Внутренний номер: 102")
    expect(desk.page.locator("#ps-panel-own input, #ps-panel-own select")).to_have_count(0)
    expect(desk.page.get_by_role("button", name="Сохранить")).to_have_count(0)
    desk.tab("overview")
    expect(desk.page.locator("#ps-panel-overview")).to_contain_text("Здесь появятся ваши звонки")
    assert "pbx.example" not in desk.page.content()


def test_a_second_account_sees_nothing_of_the_first(opens: Opens, connected: Two) -> None:
    acme, beta = connected
    acme_desk = opens(acme, acme.users[0])
    acme_desk.input("pbx.host").fill("pbx.acme.example")
    acme_desk.input("pbx.username").fill("acme-station")
    acme_desk.input("pbx.secret").fill("Gh7-secret")
    acme_desk.saves()
    acme_desk.is_told("Сохранено")
    desk = opens(beta, beta.users[0])
    expect(desk.input("pbx.host")).to_have_value("")
    assert not [word for word in ("acme", str(acme.users[0]["id"]), "Акме") if word in desk.page.content()]
    assert db.session.get(AccountPbx, beta.id) is None


def test_every_tab_speaks_the_users_language(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    for language, names in TABS.items():
        desk = opens(acme, acme.users[0], language, viewport={"width": 1100, "height": 800})
        expect(desk.page.get_by_role("tab")).to_have_text(names)
        for key in KEYS:
            panel = desk.tab(key)
            expect(panel.locator("h3").first).to_be_visible()
            assert "admin." not in panel.inner_text()
            assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{key} is too wide"


def test_tabs_and_lists_are_used_from_the_keyboard(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    keyboard = desk.page.keyboard
    desk.page.locator("#ps-tab-connection").focus()
    keyboard.press("ArrowRight")
    desk.is_at("employees")
    expect(desk.page.locator("#ps-tab-employees")).to_be_focused()
    line = desk.field(f"settings.employees.#{acme.users[0]['id']}.extensions").locator(".ps-chips-line")
    line.focus()
    for typed in ("101", "102"):
        keyboard.type(typed)
        keyboard.press("Enter")
    keyboard.press("Backspace")
    expect(desk.page.locator(".ps-chip")).to_have_text(["101×"])
    desk.page.locator("#ps-tab-employees").focus()
    keyboard.press("End")
    desk.is_at("overview")


def test_names_are_text(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    db.session.execute(db.text("update account_users set name = :name"), {"name": HOSTILE})
    db.session.commit()
    desk = opens(acme, acme.users[0])
    for key in ("employees", "notices"):
        expect(desk.tab(key)).to_contain_text(HOSTILE)
    assert desk.page.evaluate("window.hit") is None


def test_two_administrators_do_not_undo_each_others_work(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    first, second = opens(acme, acme.users[0]), opens(acme, acme.users[0], "en")
    for desk in (first, second):
        desk.tab("calls")
        expect(desk.input("settings.zone")).to_be_visible()
    first.input("settings.country").select_option(label="Казахстан (KZ)")
    first.saves()
    first.is_told("Сохранено")
    second.input("settings.zone").fill("Asia/Almaty")
    second.saves()
    second.is_told("Saved")
    assert (stored(acme)["country"], stored(acme)["zone"]) == ("KZ", "Asia/Almaty")
    first.input("settings.zone").fill("Asia/Tashkent")
    first.saves()
    first.is_told("эти настройки изменил кто-то другой: Звонки")
    expect(first.error("settings.zone")).to_have_text("Это изменил кто-то ещё")
    assert stored(acme)["zone"] == "Asia/Almaty"
    first.saves()
    first.is_told("Сохранено")
    assert stored(acme)["zone"] == "Asia/Tashkent"
