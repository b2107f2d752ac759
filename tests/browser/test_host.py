"""The sandbox's pages run a widget as amoCRM's do (docs/amocrm-contract.md §4.4–4.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from sandbox.crm.handle import AccountHandle
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from tests.browser import tiny
from tests.browser.chromium import Person, Screen
from tests.browser.conftest import People

IVAN = "+7 916 123-45-67"


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm(limits=Limits(on=False)) as crm:
        yield crm


@pytest.fixture
def acme(crm: Crm) -> AccountHandle:
    acme = crm.account("acme", "ООО Акме")
    anna, _ = acme.add_user("Анна Петрова", admin=True), acme.add_user("Борис Волков")
    acme.add_lead("Заявка с сайта", acme.add_contact("Иван Сидоров", [IVAN]), anna)
    return acme


@pytest.fixture
def runs(crm: Crm, acme: AccountHandle, tmp_path: Path, person: People) -> Callable[..., Screen]:
    """A screen of Анна's on the lead, with the tiny widget installed; `expected` is an error of its console."""

    def open_lead(expected: str = "^widget: ", **widget: Any) -> Screen:
        crm.install_widget(tiny.make(tmp_path / "tiny", **widget))
        acme.install(settings={"key": "1"})
        anna = _without_images(person(acme, acme.users[0]))
        anna.expects("^widget: ", expected)  # what the test is about
        return anna.opens_tab(f"/leads/detail/{acme.leads[0]['id']}")

    return open_lead


def _without_images(who: Person) -> Person:
    who.expects("404 .*/images/")
    return who


def told(screen: Screen, words: str) -> None:
    """Waits until this is all that happened to the widget."""
    expect(screen.page.locator("html")).to_have_attribute("data-told", words)


def test_it_lives_once_while_pages_change(runs: Callable[..., Screen]) -> None:
    screen = runs()
    told(screen, "render init bind_actions")
    screen.page.locator(".side a", has_text="Контакты").click()
    screen.sees("h1", "Контакты")
    told(screen, "render init bind_actions page:contacts")
    screen.page.go_back()
    told(screen, "render init bind_actions page:contacts page:leads_card")
    assert screen.violations == []


def test_without_init_once_it_begins_anew_on_each_page(runs: Callable[..., Screen]) -> None:
    widget = {"name": "widget.name", "version": "2", "init_once": False}
    screen = runs(widget=widget)
    told(screen, "render init bind_actions")
    screen.page.locator(".side a", has_text="Контакты").click()
    told(screen, "render init bind_actions destroy render init bind_actions")


def test_forms_change_the_page_without_a_reload(runs: Callable[..., Screen], acme: AccountHandle) -> None:
    screen = runs()
    told(screen, "render init bind_actions")
    screen.page.get_by_label("Этап").select_option("Переговоры")
    screen.page.get_by_role("button", name="Сохранить").click()
    told(screen, "render init bind_actions page:leads_card")
    screen.sees(".stage", "Переговоры")


@pytest.mark.parametrize(("language", "caption"), [("ru", "Набрать"), ("en", "Dial")])
def test_phone_numbers_have_its_action(runs: Callable[..., Screen], language: str, caption: str) -> None:
    screen = runs()
    user = screen._user["id"]
    screen.page.goto(f"{screen._account.url}/enter/{user}?lang={language}&to=/contacts")
    told(screen, "render init bind_actions")
    screen.clicks_phone(IVAN, caption)
    told(screen, "render init bind_actions dial:+7916123-45-67")


def test_a_click_before_all_is_there_is_not_lost(crm: Crm, acme: AccountHandle, tmp_path: Path, person: People) -> None:
    crm.install_widget(tiny.make(tmp_path / "tiny"))
    screen = _without_images(person(acme, acme.users[0])).opens_tab("/settings/widgets")
    screen.page.wait_for_function("window.jQuery")  # which this page has, the next one shall wait for
    held: list[Route] = []
    screen.page.route("**/vendor/jquery*", lambda route: held.append(route))  # noqa: PLW0108 - playwright wants a function
    screen.page.reload(wait_until="domcontentloaded")
    screen.page.locator(".tile").click()
    screen.sees_no("[role=dialog]")
    held[0].continue_()
    screen.sees("[role=dialog]")


def test_install_save_and_disable(crm: Crm, acme: AccountHandle, tmp_path: Path, person: People) -> None:
    crm.install_widget(tiny.make(tmp_path / "tiny"))
    screen = _without_images(person(acme, acme.users[0])).opens_tab("/settings/widgets")
    dialog = screen.page.get_by_role("dialog")
    screen.page.locator(".tile").click()
    told(screen, "render init bind_actions settings:1")
    dialog.get_by_label("Малыш").fill("wrong")
    dialog.get_by_role("button", name="Установить").click()
    expect(dialog.get_by_role("alert")).to_contain_text("не дал")
    dialog.get_by_label("Малыш").fill("42")
    dialog.get_by_role("button", name="Установить").click()
    screen.sees(".tile", "установлена")
    lived = "render init bind_actions settings:1 onSave:Y:wrong onSave:Y:42"
    started = f"{lived} onInstall:installed destroy render init bind_actions page:widgetsSettings"
    told(screen, started)
    assert [install["settings"] for install in acme.state()["installs"].values()] == [{"key": "42"}]
    assert "from_widget=1" in crm.sent[-1].url
    screen.page.locator(".tile").click()
    dialog.get_by_role("button", name="Отключить").click()
    screen.sees(".tile", "не установлена")
    told(screen, f"{started} settings:1 onSave:N:42 destroy")
    assert acme.state()["installs"] == {}
    assert "signature=" in crm.sent[-1].url
    assert screen.violations == []


def test_only_an_administrator_installs(crm: Crm, acme: AccountHandle, tmp_path: Path, person: People) -> None:
    crm.install_widget(tiny.make(tmp_path / "tiny"))
    screen = _without_images(person(acme, acme.users[1])).opens_tab("/settings/widgets")
    screen.page.locator(".tile").click()
    screen.sees("[role=dialog]", "администратор")
    screen.sees_no("[data-verb=install]")


def test_its_own_page(runs: Callable[..., Screen]) -> None:
    screen = runs()
    screen.page.locator(".side a", has_text="Настройки").click()
    screen.page.locator(".settings-menu a", has_text="Малыш").click()
    screen.sees("#list_page_holder", "Малыш")
    screen.page.reload()
    screen.sees("#list_page_holder", "Малыш")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("APP.router", "APP.router is not documented"),
        ("AMOCRM.data.current_deal", "APP.data.current_deal is not documented"),
        ("APP.constant('secrets')", "APP.constant('secrets') is not documented"),
        ("APP.lang_id = 'en'", "APP.lang_id is read-only"),
        ("window.APP = {}", "APP is read-only"),
        ("window.leaked = 1", "a global: leaked"),
        ("setTimeout(() => self.crm_post('/x'))", "crm_post to /x: who calls cannot be known there"),
        ("setTimeout(() => self.add_action('phone', () => 1))", "add_action is called in no callback, not in init"),
        ("setTimeout(() => self.$authorizedAjax({ url: '/api/v4/leads' }))",
         "$authorizedAjax to amoCRM itself: /api/v4/leads"),
        ("this.callbacks.render = () => 1", "render did not return true"),
        ("delete this.callbacks.onSave", "there is no callback onSave"),
    ],
)  # fmt: skip
def test_what_a_widget_must_not_do_is_told(runs: Callable[..., Screen], wrong: str, said: str) -> None:
    screen = runs(wrong=wrong, expected="401 .*/api/v4/leads")
    screen.page.wait_for_function("() => window.__violations.length")
    assert screen.violations[0] == said


def test_the_right_column_is_for_the_places_it_asked_for(runs: Callable[..., Screen], acme: AccountHandle) -> None:
    draw = "self.render_template({ caption: { class_name: 'c', html: 'Звонки' }, body: '<p class=drawn>Пусто</p>' })"
    screen = runs(more=f"render() {{ {draw}; return true; }},")
    screen.sees(".widgets .drawn", "Пусто")
    assert screen.violations == []
    screen.opens(f"/contacts/detail/{acme.contacts[0]['id']}")
    screen.page.wait_for_function("() => window.__violations.length")
    assert screen.violations == ["ccard-1 is not among the locations"]


def test_notifications_and_modals(runs: Callable[..., Screen]) -> None:
    screen = runs(
        more="""
      bind_actions() {
        APP.notifications.show_message_error({ header: 'Сбой', text: 'Нет связи' });
        APP.notifications.add_call({ from: '+7916', text: 'Звонок', element: { id: 7, type: 'lead' } });
        new Modal({ class_name: 'mine', init: ($body) => $body.html('<button>Да</button>').trigger('modal:loaded') });
        return true;
      },"""
    )
    screen.sees(".notice-error", "Нет связи")
    assert screen.sees(".notice-call a").get_attribute("href") == "/leads/detail/7"
    screen.sees(".modal.mine")
    screen.page.keyboard.press("Escape")
    screen.sees_no(".modal")


def test_the_token_speaks_for_whoever_is_signed_in(
    crm: Crm, acme: AccountHandle, tmp_path: Path, person: People
) -> None:
    crm.install_widget(tiny.make(tmp_path / "tiny"))
    anna, boris = (person(acme, user).opens_tab() for user in acme.users)
    for screen, user in ((anna, acme.users[0]), (boris, acme.users[1])):
        token = screen.page.evaluate(
            "async () => (await (await fetch('/_widget/token', { method: 'POST' })).json()).token"
        )
        claims = screen.page.evaluate("(token) => JSON.parse(atob(token.split('.')[1]))", token)
        assert (claims["account_id"], claims["user_id"]) == (acme.id, user["id"])
        screen.sees(".you summary", f"вы: {user['name']}")


def test_what_changes_by_itself_is_shown_quietly(runs: Callable[..., Screen], acme: AccountHandle) -> None:
    screen = runs()
    told(screen, "render init bind_actions")
    screen.page.locator(".side a", has_text="Сделки").click()
    acme.add_lead("Новая заявка")
    screen.sees(".deal", "Новая заявка")
    told(screen, "render init bind_actions page:leads-pipeline")


def test_a_board_scrolls_by_itself_on_a_phone(crm: Crm, acme: AccountHandle, person: People) -> None:
    screen = person(acme, acme.users[0], viewport={"width": 390, "height": 800}).opens_tab()
    screen.sees(".deal")
    width = screen.page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 390
    assert screen.page.evaluate("() => document.querySelector('.board').scrollWidth") > 390
