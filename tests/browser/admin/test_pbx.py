"""What the page tells of the PBX: the test line by line, extensions to give out, what to paste. And the dialog."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from sandbox.crm.handle import AccountHandle
from tests.browser.admin.conftest import Opens, stored, with_pbx

Two = tuple[AccountHandle, AccountHandle]

HOSTILE = "<b>104</b>"
CHECK: dict[str, Any] = {
    "ok": False,
    "version": "Asterisk 20.9.3",
    "flavour": "freepbx",
    "lines": [
        {"what": "login", "state": "ok", "message": "Вход выполнен."},
        {"what": "rights", "state": "warn", "message": "Добавьте в write=: system."},
        {"what": "dialplan", "state": "fail", "message": f"Диалплан не установлен {HOSTILE}."},
    ],
    "endpoints": [
        {"name": "101", "side": "extension", "extension": "101", "state": "free"},
        {"name": "ivanov", "side": "extension", "extension": "102", "state": "unreachable"},
        {"name": HOSTILE, "side": "extension", "extension": HOSTILE, "state": "unknown"},
        {"name": "provider", "side": "trunk", "extension": None, "state": "free"},
    ],
}


def test_the_test_is_told_line_by_line(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk, asked = opens(acme, acme.users[0]), []
    desk.answers("/api/pbx/check", CHECK)
    desk.page.on("request", lambda each: "check" in each.url and asked.append(each.post_data_json))
    desk.input("pbx.host").fill("pbx.example")
    desk.input("pbx.secret").fill("Gh7")
    desk.page.get_by_role("button", name="Проверить").click()
    lines = desk.page.locator(".ps-result .ps-line")
    expect(lines).to_have_text(
        [
            "ВходВход выполнен.",
            "!Права пользователя AMIДобавьте в write=: system.",
            f"ДиалпланДиалплан не установлен {HOSTILE}.",
        ]
    )
    states = ("в порядке", "обратите внимание", "не работает")
    for place, state in enumerate(states):
        expect(lines.nth(place).get_by_role("img", name=state)).to_be_visible()
    expect(desk.page.locator(".ps-verdict")).to_contain_text("исправьте отмеченное красным")
    sent = [each for each in asked if each]
    kept = {"username": "", "port": 5038, "tls": False, "certificate": None}
    assert sent == [{"pbx": {"host": "pbx.example", "secret": "Gh7", **kept}}]
    expect(desk.input("pbx.host")).to_have_value("pbx.example")


def test_a_wrong_address_is_told_at_its_field_by_the_test_too(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    desk.input("pbx.host").fill("http://pbx")
    desk.input("pbx.username").fill("station")
    desk.input("pbx.secret").fill("Gh7")
    desk.page.get_by_role("button", name="Проверить").click()
    expect(desk.error("pbx.host")).to_contain_text("недопустимые знаки")
    expect(desk.input("pbx.host")).to_be_focused()


def test_extensions_of_the_pbx_are_given_out_at_a_press(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    anna, boris = acme.users
    with_pbx(acme)
    desk = opens(acme, anna)
    desk.answers("/api/pbx/check", CHECK)
    desk.tab("employees")
    desk.page.get_by_role("button", name="Загрузить номера с АТС").click()
    free = desk.page.locator(".ps-free-list > li")
    expect(free).to_have_count(3)
    desk.page.get_by_role("button", name="Закрепить: Борис Иванов").click()
    desk.page.get_by_label("Сотрудник для номера 101").select_option(label="Анна Петрова")
    expect(free).to_have_count(1)
    expect(free).to_contain_text(HOSTILE)
    desk.saves()
    desk.is_told("Сохранено")
    given = {each["user_id"]: each["extensions"] for each in stored(acme)["employees"]}
    assert given == {boris["id"]: ["102"], anna["id"]: ["101"]}


def test_the_lines_to_paste_are_copied_and_their_secret_is_taken(opens: Opens, connected: Two) -> None:
    acme, beta = connected
    desk = opens(acme, acme.users[0], permissions=["clipboard-read", "clipboard-write"])
    steps = desk.page.locator(".ps-steps").first.locator("> li")
    expect(steps.first).to_contain_text("/etc/asterisk/manager.conf")
    expect(steps).to_contain_text(["[station]", "[phone-station-route]", "#include", "Gosub(phone-station-route,s,1)"])
    desk.page.get_by_label("FreePBX").check()
    expect(steps.first).to_contain_text("/etc/asterisk/manager_custom.conf")
    expect(steps.nth(1)).to_contain_text("extensions_custom.conf")
    desk.page.get_by_text("Как удалить всё это с АТС").click()
    expect(desk.page.locator("details .ps-steps > li").first).to_contain_text("extensions_custom.conf")
    block = steps.first.locator("pre")
    steps.first.get_by_role("button", name="Скопировать").click()
    expect(steps.first.get_by_role("button", name="Скопировано")).to_be_visible()
    assert desk.page.evaluate("navigator.clipboard.readText()") == block.text_content()
    desk.page.get_by_role("button", name="Вписать этого пользователя").click()
    expect(desk.input("pbx.username")).to_have_value("station")
    assert f"secret = {desk.input('pbx.secret').input_value()}\n" in str(block.text_content())
    with_pbx(beta)
    other = opens(beta, beta.users[0])
    other.page.get_by_role("button", name="Показать строки").click()
    expect(other.page.locator(".ps-steps").first).to_contain_text("вместо THE-STORED-SECRET")


def test_the_lines_that_fit_the_pbx_are_proposed_by_its_test(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    desk.answers("/api/pbx/check", CHECK)
    plain, freepbx = desk.page.get_by_label("Asterisk без оболочки"), desk.page.get_by_label("FreePBX")
    expect(plain).to_be_checked()
    for name, typed in {"host": "pbx.example", "username": "station", "secret": "Gh7"}.items():
        desk.input(f"pbx.{name}").fill(typed)
    desk.page.get_by_role("button", name="Проверить").click()
    expect(freepbx).to_be_checked()
    expect(desk.page.locator("label", has=freepbx)).to_contain_text("похоже, у вас такая")
    plain.check()
    expect(plain).to_be_focused()
    expect(desk.page.locator(".ps-steps").first).to_contain_text("/etc/asterisk/manager.conf")


def test_the_dialog_says_what_is_left_and_leads_to_the_page(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    desk.page.goto(f"{acme.url}/settings/widgets")
    desk.page.locator(".tile[data-widget]").click()
    dialog = desk.page.locator(".ps-dialog")
    expect(dialog).to_contain_text("Осталось 5 шагов")
    expect(dialog.locator("ol .ps-ok")).to_have_text(["Подключить amoCRM"])
    save = desk.page.get_by_role("button", name="Сохранить")
    assert save.bounding_box()["y"] > dialog.bounding_box()["y"]  # type: ignore[index]
    save.click()
    expect(desk.page.get_by_role("dialog")).to_have_count(0)
    desk.page.locator(".tile[data-widget]").click()
    desk.page.get_by_role("link", name="Открыть настройки").click()
    desk.is_at("connection")
    assert desk.screen.violations == []


def test_who_is_no_administrator_is_sent_to_one(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[1], "en")
    desk.page.goto(f"{acme.url}/settings/widgets")
    desk.page.locator(".tile[data-widget]").click()
    dialog = desk.page.locator(".ps-dialog")
    expect(dialog).to_contain_text("Ask an administrator to give you an extension")
    expect(dialog).to_contain_text("Contact an account administrator")
    expect(dialog.locator("input:visible, a.ps-button, button")).to_have_count(0)
