"""`pytest tests/browser/test_shots.py --shots`: the pictures of docs/images/widget, taken from a real call each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from backend.recordings.join import Leg, join
from sandbox.crm.handle import AccountHandle
from tests.browser import month
from tests.browser.chromium import Screen
from tests.browser.conftest import People
from tests.browser.test_alerts import without_pbx
from tests.journeys.company import Company, Town
from tests.journeys.opening import open_town
from tests.recordings.sounds import wav

pytestmark = pytest.mark.asterisk
FOLDER = Path(__file__).parents[2] / "docs/images/widget"
MARIA, MARIAS_NAME, LEAD = "+79035551020", "Мария Орлова", "Ремонт кофемашины"
NARROW, TALL = {"width": 1180, "height": 780}, {"width": 1180, "height": 1500}
RECORDED = """
    insert into recordings (account_id, call, names, state, due_at, key, bytes, seconds, ready_at)
    select account_id, call, '{talk.wav}', 'ready', now(), %(key)s, %(bytes)s, %(seconds)s, now() from calls
    where client = %(client)s and result = 'answered'
    on conflict (account_id, call) do update set state = 'ready', why = null, key = excluded.key,
                                                bytes = excluded.bytes
"""
Shoot = Callable[[Screen | Locator, str], None]


def with_maria(account: AccountHandle) -> None:
    account.set(name="ООО «Акме»")
    contact = account.add_contact(MARIAS_NAME, ["8 (903) 555-10-20"], account.users[1])
    account.add_lead(LEAD, contact, account.users[1], "Переговоры", price=48_000)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(22, tmp_path_factory.mktemp("shots"), clients=with_maria) as town:
        month.write_into(town)
        yield town


@pytest.fixture(params=["ru", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def anna(person: People, town: Town, language: str) -> Screen:
    """On Мария's card, in this language, with nothing that moves."""
    who = person(town.account, town.account.users[0], viewport=NARROW, locale=language)
    lead = next(lead for lead in town.account.leads if lead["name"] == LEAD)
    screen = who.listens(f"/leads/detail/{lead['id']}&lang={language}")
    screen.page.emulate_media(reduced_motion="reduce")
    return screen


@pytest.fixture
def shoot(language: str) -> Shoot:
    def take(of: Screen | Locator, name: str) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (of.page if isinstance(of, Screen) else of).screenshot(path=FOLDER / f"{name}-{language}.png")

    return take


def test_a_call_comes_in(anna: Screen, company: Company, shoot: Shoot) -> None:
    caller = company.office.client(MARIA).calls(company.did.direct)
    shoot(anna.popup(MARIAS_NAME, "ringing"), "popup-ringing")
    company.phone("101").answers().talks(1)
    talking = anna.popup(MARIAS_NAME, "talking")
    shoot(anna, "card-talking")
    talking.locator("[data-act=transfer]").click()
    shoot(talking, "popup-transfer")
    caller.hangs_up()
    ended = anna.popup(MARIAS_NAME, "ended")
    ended.locator(".ps-outcome button").first.click()
    shoot(ended, "popup-outcome")


def test_a_click_calls_out(anna: Screen, company: Company, shoot: Shoot) -> None:
    anna.page.locator(".ps-panel-numbers button").first.click()
    shoot(anna.popup("903 555", "calling"), "popup-calling")
    company.phone("101").answers()
    shoot(anna.popup("903 555", "dialling"), "popup-dialling")
    company.office.client(MARIA).rejects()
    shoot(anna.popup("903 555", "failed"), "popup-failed")


def test_a_recording_is_played(anna: Screen, town: Town, shoot: Shoot) -> None:
    recorded(town)
    town.journal.execute("update popups set state = 'closed' where account_id = %s", [town.account.id])
    anna.page.reload()
    anna.page.get_by_role("button", name=re.compile("Слушать|Listen")).first.click()
    anna.page.wait_for_function("() => document.querySelector('.ps-player')?.readyState > 0")
    anna.page.locator(".ps-player").evaluate("(sound) => { sound.pause(); sound.currentTime = 41 }")
    shoot(anna, "card-player")


def recorded(town: Town) -> None:
    """What was said with Мария is a minute and a half of a tone."""
    played, key = town.station.data / "recordings" / "shots", "shots/talk.mp3"
    played.mkdir(parents=True, exist_ok=True)
    (played / "talk.wav").write_bytes(wav(95))
    seconds = join([Leg(file=played / "talk.wav", name="talk.wav")], played / "talk.mp3")
    size = (played / "talk.mp3").stat().st_size
    town.journal.execute("update calls set recording = 'talk.wav', talk_seconds = 95 where client = %s", [MARIA])
    town.journal.execute(RECORDED, {"client": MARIA, "key": key, "bytes": size, "seconds": seconds})


def test_missed_calls(anna: Screen, company: Company, shoot: Shoot) -> None:
    company.office.client(MARIA).calls(company.did.direct)
    anna.popup(MARIAS_NAME, "ringing")
    company.office.client(MARIA).hangs_up()
    shoot(anna.popup(MARIAS_NAME, "missed"), "popup-missed")
    anna.popup(MARIAS_NAME).locator("[data-act=close]").click()
    anna.sees(".ps-missed-button").click()
    shoot(anna, "card-missed")


def test_the_line_is_lost(anna: Screen, company: Company, shoot: Shoot) -> None:
    with without_pbx(company):
        anna.sees(".ps-alert")
        shoot(anna, "alert")
    anna.sees_no(".ps-alert")


def test_the_pages_of_settings(anna: Screen, company: Company, shoot: Shoot) -> None:
    anna.page.goto(anna.page.url.partition("/leads")[0] + "/settings/widgets")
    anna.page.locator(".tile").click()
    anna.sees("[role=dialog] .ps-dialog .ps-lines")
    shoot(anna, "dialog")
    anna.page.locator(".modal .ps-dialog a.ps-main").click()
    for tab in ("connection", "employees", "routing", "leads", "notices", "calls", "recordings", "callbacks"):
        anna.page.locator(f"#ps-tab-{tab}").click()
        anna.sees(f"#ps-panel-{tab}")
        if tab == "recordings":
            anna.page.locator("[data-path='settings.recordings.source'] select").select_option(index=1)
        shoot(anna, f"settings-{tab}")
    anna.page.get_by_role("button", name=re.compile("Отменить|Undo")).click()
    anna.page.locator("#ps-tab-overview").click()
    anna.page.set_viewport_size(TALL)
    anna.page.get_by_role("radio", name=re.compile("30")).check()
    anna.sees("#ps-panel-overview canvas")
    shoot(anna, "overview")
    anna.sees(".ps-audit").scroll_into_view_if_needed()
    shoot(anna, "health")
