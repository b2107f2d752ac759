"""An administrator connects his account and his PBX by what the pages say, without a manual."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from sandbox.crm.handle import AccountHandle
from tests.browser.chromium import Screen
from tests.browser.conftest import People
from tests.journeys.company import Town

pytestmark = pytest.mark.asterisk


@pytest.fixture
def gamma(town: Town) -> Iterator[AccountHandle]:
    """A third account, which has never installed the integration."""
    gamma = town.crm.account(f"gamma{len(town.crm.accounts)}", "Гамма")
    gamma.add_user("Ева", admin=True)
    yield gamma
    gamma.disable()


def installs(person: People, gamma: AccountHandle, *expected: str) -> Screen:
    eva = person(gamma, gamma.users[0])
    eva.expects("404", *expected)  # nobody here knows the account before
    screen = eva.opens_tab("/settings/widgets")
    screen.page.locator(".tile").click()
    screen.sees("[role=dialog]", "Нажмите «Установить»")
    screen.page.get_by_label("Согласен").check()
    screen.page.get_by_role("button", name="Установить").click()
    screen.sees(".tile i.installed")
    return screen


def opens_settings(screen: Screen) -> None:
    screen.page.locator(".settings-menu a", has_text="Телефонная станция").click()
    screen.sees("[role=tab]", "Подключение")


def test_install_needs_consent_and_disable_ends_it(person: People, gamma: AccountHandle, town: Town) -> None:
    eva = person(gamma, gamma.users[0])
    eva.expects("404")
    screen = eva.opens_tab("/settings/widgets")
    screen.page.locator(".tile").click()
    screen.sees("[role=dialog]", "Нажмите «Установить»")
    screen.page.get_by_role("button", name="Установить").click()
    screen.sees("[role=dialog] [role=alert]", "обязательные")
    screen.page.get_by_role("button", name="Закрыть").click()
    screen = installs(person, gamma)
    town.station.until(lambda: town.station.is_connected(gamma), "gamma is connected")
    screen.page.locator(".tile").click()
    screen.sees("[role=dialog]", "подключена")
    screen.page.get_by_role("button", name="Отключить").click()
    screen.sees(".tile i.install")
    screen.sees_no(".phone-station .ps-popups")
    assert screen.violations == []


def test_a_pbx_is_tested_and_connected(person: People, gamma: AccountHandle, town: Town) -> None:
    screen, ami = installs(person, gamma, "422"), town.office.ami
    town.station.until(lambda: town.station.is_connected(gamma), "gamma is connected")
    opens_settings(screen)
    page = screen.page
    page.get_by_label("Адрес", exact=True).fill(ami.host)
    page.get_by_label("Порт").fill("70000")
    page.get_by_label("Пользователь AMI").fill(ami.username)
    page.get_by_label("Пароль AMI").fill("wrong")
    page.get_by_label("Шифровать").check()
    page.get_by_label("самоподписанный").check()
    page.get_by_label("Сертификат", exact=True).fill(ami.certificate.read_text())
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_label("Порт")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Порт").fill(str(ami.tls_port))
    page.get_by_role("button", name="Проверить").click()
    screen.sees(".ps-line.ps-fail", "Вход")
    page.get_by_label("Пароль AMI").fill(ami.secret)
    page.get_by_role("button", name="Проверить").click()
    for line in ("Вход", "Права", "Внутренние номера"):
        screen.sees(".ps-line.ps-ok, .ps-line.ps-warn", line)
    links = town.station.links(gamma)
    page.get_by_role("button", name="Сохранить").click()
    town.station.until(lambda: town.station.links(gamma) > links, "the line to the PBX is up")
    page.get_by_role("button", name="Обновить").first.click()  # of the line; the phonebook has its own
    screen.sees(".ps-line", "есть")
