"""The overview in the browser: numbers, charts with the same numbers as tables, health with what to do."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

from backend.store import db, popups
from backend.store.journal import journal
from sandbox.crm.handle import AccountHandle
from tests.browser.admin.conftest import Opens, with_pbx

Two = tuple[AccountHandle, AccountHandle]

HOSTILE = '<img src=x onerror="window.hit = 1">'
NOON = 1795424400  # 2026-11-23 12:00 in Moscow
DAY = 86400


def overview(days: int) -> dict[str, Any]:
    calls = [{"at": NOON - DAY, "inbound": 10, "outbound": 4, "answered": 11, "missed": 2, "failed": 1}]
    calls += [{"at": NOON, "inbound": days, "outbound": 0, "answered": days, "missed": 0, "failed": 0}]
    return {
        "days": days,
        "zone": "Europe/Moscow",
        "calls": calls,
        "hours": [{"answered": hour, "missed": 1} for hour in range(24)],
        "employees": [
            {"user_id": 1, "name": HOSTILE, "inbound": 8, "outbound": 4, "missed_rung": 2, "talk": 3725,
             "answer_after": 6.4},
        ],
        "dids": [{"did": "+74951000001", "calls": 10, "answered": 8, "missed": 2}],
        "answer_after": {"median": 7.2, "p90": 21.0},
        "missed": {"total": 2, "closed": 1, "first_response_median": 412.0},
        "health": {
            "link": "refused", "link_reason": "Authentication failed", "account": "connected", "account_reason": "",
            "waiting": 2, "waiting_since": NOON, "refused": [], "unmapped_extensions": ["103"], "unknown_dids": [],
            "seen_on_pbx": 14, "in_crm": 13,
            "alerts": [{"kind": "link", "since": NOON, "message": HOSTILE}],
            "copy": {"entries": 20, "waiting": 3, "checked_at": NOON, "trouble": ""},
            "journal": {"lost": 2, "trouble": ""}, "recordings": {"waiting": 4, "failed": 1},
            "days": [{"day": "2026-11-23", "seen": 14, "in_crm": 9, "mended": 1, "by_rule": 1, "gone": 1,
                      "waiting": 2, "failed": 0}],
        },
    }  # fmt: skip


def test_an_account_without_calls_is_told_so(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    panel = opens(acme, acme.users[0]).tab("overview")
    expect(panel).to_contain_text("За это время звонков не было")
    expect(panel).to_contain_text("Связь с АТС")
    expect(panel.locator("canvas, .ps-audit")).to_have_count(0)
    for absent in ("Журнал на АТС", "Клиенты на АТС", "Записи разговоров", "Администраторы предупреждены"):
        expect(panel).not_to_contain_text(absent)


def test_diagnostics_are_saved_as_a_file(opens: Opens, connected: Two) -> None:
    acme, beta = connected
    with_pbx(acme)
    panel = opens(acme, acme.users[0]).tab("overview")
    panel.get_by_role("button", name="Собрать диагностику").click()
    link = panel.get_by_role("link", name=f"Сохранить phone-station-{acme.id}.json")
    expect(link).to_be_focused()
    with panel.page.expect_download() as saved:
        link.press("Enter")
    text = saved.value.path().read_text()
    assert isinstance(json.loads(text), dict)
    assert str(acme.id) in text
    assert not [word for word in ("Gh7", "Петрова", str(beta.id)) if word in text]


def test_calls_are_drawn_and_told_as_tables(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    with_pbx(acme)
    desk = opens(acme, acme.users[0])
    desk.answers("/api/overview?days=7", overview(7))
    desk.answers("/api/overview?days=30", overview(30))
    panel = desk.tab("overview")
    expect(panel.locator(".ps-chart canvas")).to_have_count(2)
    chart = panel.get_by_role("img", name="Звонки по дням. Принятые: 15, Пропущенные: 2, Исходящие: 4")
    assert chart.locator("canvas").bounding_box()["width"] > 500  # type: ignore[index]
    panel.locator("figure").first.get_by_text("Показать таблицей").click()
    rows = panel.locator("figure").first.locator("tbody tr")
    expect(rows).to_have_text(["22 нояб.824", "23 нояб.700"])
    expect(panel.locator(".ps-tile-missed")).to_contain_text("12 % входящих")
    expect(panel.locator(".ps-tile-response")).to_contain_text("6 мин 52 с")
    expect(panel).to_contain_text(f"{HOSTILE}8421 ч 2 мин6 с")
    expect(panel.locator(".ps-line").first).to_contain_text("АТС отклоняет вход")
    expect(panel).to_contain_text("1 звонок ещё не в CRM")
    counts = ["2 звонка не попали в CRM", "4 ожидают загрузки, 1 загрузить не удалось"]
    for words in (f"Администраторы предупреждены: {HOSTILE}", *counts, "20 клиентов, 3 изменения ожидают отправки"):
        expect(panel).to_contain_text(words)
    expect(panel.locator(".ps-audit tbody tr")).to_have_text(["23 нояб.14911120"])
    panel.get_by_text("30 дней").click()
    expect(rows.last).to_have_text("23 нояб.3000")
    assert desk.page.evaluate("window.hit") is None


def test_without_the_chart_library_the_tables_stand_open(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    desk.page.route("**/lib/uPlot.js*", lambda route: route.abort())
    desk.answers("/api/overview", overview(7))
    panel = desk.tab("overview")
    expect(panel.locator("figure tbody").first).to_be_visible()


def test_what_went_wrong_is_told(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    desk.answers("/api/overview", {"error": "later", "message": "amoCRM не отвечает", "fields": []}, status=503)
    expect(desk.tab("overview").get_by_role("alert")).to_have_text("amoCRM не отвечает")


def test_what_amocrm_refused_is_listed_and_sent_again_by_a_button(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    row = journal.add_intent(acme.id, "1.1", "open-lead", {})
    row.state, row.error, row.refusals = "refused", f"400 Bad Request {HOSTILE}", 1
    db.session.commit()
    panel = opens(acme, acme.users[0]).tab("overview")
    listed = panel.locator(".ps-refused")
    expect(listed.locator("tbody tr")).to_contain_text(["Сделка"])
    expect(listed.locator("tbody tr")).to_contain_text([HOSTILE])
    listed.get_by_role("button", name="Отправить сейчас").click()
    expect(panel.locator(".ps-refused")).to_have_count(0)
    db.session.expire_all()
    assert [each.state for each in journal.intents_of(acme.id, "1.1")] == ["todo"]
    assert panel.page.evaluate("window.hit") is None


def test_who_else_has_the_number_can_be_chosen(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    others = [{"entity": "contacts", "id": 7, "name": HOSTILE, "company": "ИП Мария"}]
    details = {
        "at": NOON,
        "answered_at": NOON,
        "direction": "inbound",
        "phone": "+7 916 123-45-67",
        "name": "Иван",
        "others": others,
    }
    popups.show(acme.id, "1.2", [acme.users[0]["id"]], "talking", details, None)
    db.session.commit()
    popup = desk.page.locator(".ps-popup")
    expect(popup).to_contain_text("Этот номер есть и в других карточках")
    desk.answers("/api/popups/1.2/client", {})
    with desk.page.expect_request("**/api/popups/1.2/client?*") as asked:
        popup.get_by_role("button", name=HOSTILE).click()
    assert asked.value.post_data_json == {"entity": "contacts", "id": 7}
