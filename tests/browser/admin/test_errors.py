"""Each wrong setting is told at its own field, in the user's language; nothing of it is stored."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from sandbox.crm.handle import AccountHandle
from tests.browser.admin.conftest import Opens, stored

Two = tuple[AccountHandle, AccountHandle]
# A field's name as the page has it → what is wrong with it (in the draft), in Russian, in English.
Wrong = dict[str, tuple[Any, str, str]]

SIGNS = ("недопустимые знаки", "characters that are not allowed")
NOT_A_PHONE = ("это не номер телефона", "is not a phone number")

BY_THEMSELVES: Wrong = {
    "settings.country": ("XX", "двухбуквенный код страны", "two-letter"),
    "settings.language": ("de", "одно из", "one of"),
    "settings.zone": ("Nowhere/City", "нет такого часового пояса", "is not a time zone"),
    "settings.trunks": (["^a", "("], "не регулярное выражение", "is not a regular expression"),
    "settings.extensions": (["(?!a)b"], "регулярное выражение", "regular expression"),
    "settings.default_employee": (0, "больше 0", "greater than 0"),
    "settings.missed_to": ([-1], "больше 0", "greater than 0"),
    "settings.open_lead_missed_to": ([-1], "больше 0", "greater than 0"),
    "settings.popup_on_ringing": ("yes", "true или false", "true or false"),
    "settings.failed_makes_lead": ("yes", "true или false", "true or false"),
    "settings.lead_owner": ("boss", "одно из", "one of"),
    "settings.no_lead_numbers": (["+7 495 111-22-33", "101"], f"101: {NOT_A_PHONE[0]}", f"101: {NOT_A_PHONE[1]}"),
    "settings.no_lead_companies": (["ООО"], "ООО: нужно целое число", "ООО: must be a whole number"),
    "settings.stage": ({"pipeline_id": "5"}, "нужно целое число", "must be a whole number"),
    "settings.stages_by_did": ({"12": {"pipeline_id": 5}}, f"12: {NOT_A_PHONE[0]}", f"12: {NOT_A_PHONE[1]}"),
    "settings.contact_name": ("{name}", "только {phone}", "only {phone}"),
    "settings.lead_name": ("{", "только {phone}", "only {phone}"),
    "pbx.host": ("http://pbx", *SIGNS),
    "pbx.port": (65536, "не больше 65535", "at most 65535"),
    "pbx.username": ("", "не может быть пустым", "must not be empty"),
    "pbx.certificate": ("-----BEGIN", "не сертификат", "not a certificate"),
}
OF_DIAL: Wrong = {
    "channel": ("101", *SIGNS),
    "context": ("from internal", *SIGNS),
    "prefix": ("x", *SIGNS),
    "format": ("roman", "одно из", "one of"),
    "allowed": (["+7", "seven"], "seven: недопустимые знаки", "seven: has characters"),
    "ring_seconds": (1, "не меньше 5", "at least 5"),
}
OF_ROUTING: Wrong = {
    "rings_responsible": ("yes", "true или false", "true or false"),
    "ring_seconds": (4, "не меньше 5", "at least 5"),
    "then.context": ("from internal", *SIGNS),
    "then.extension": ("", *SIGNS),
    "names": ("greek", "одно из", "one of"),
    "copied": (200_001, "не больше 200000", "at most 200000"),
    "shown_prefix": ("x", *SIGNS),
}
OF_RECORDINGS: dict[str, Wrong] = {
    "sftp": {
        "url": ("https://pbx.example", "должен начинаться с sftp", "must begin with sftp"),
        "path": ("../{name}", "за пределы адреса", "below the address"),
        "username": (None, "обязательное поле", "is required"),
        "secret": ("", "не может быть пустым", "must not be empty"),
        "host_key": ("MD5:1", *SIGNS),
        "days_kept": (0, "не меньше 1", "at least 1"),
    },
    "http": {
        "url": ("https://a:b@pbx.example", "имя и пароль указываются в своих полях", "belong in their own fields"),
        "path": ("{id}", "нужно {name} или {stem}", "must contain {name} or {stem}"),
        "username": ("a:b", *SIGNS),
        "certificate": ("-----BEGIN", "не сертификат", "not a certificate"),
        "days_kept": ("year", "нужно целое число", "must be a whole number"),
    },
    "ari": {
        "url": ("pbx.example", "нужен адрес, например", "must be an address"),
        "username": (None, "обяз", "required"),
    },
    "ftp": {"source": ("ftp", "одно из", "one of")},
}

LANGUAGES = ("ru", "en")


def document(fields: Wrong) -> dict[str, Any]:
    """The wrong values as a part of the settings: `then.context` is `context` in `then`."""
    made: dict[str, Any] = {}
    for path, (wrong, *_) in fields.items():
        outer, _, inner = path.rpartition(".")
        (made.setdefault(outer, {}) if outer else made)[inner] = wrong
    return made


def test_every_wrong_field_is_told_there(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    before = stored(acme)
    settings = {path.partition(".")[2]: wrong for path, (wrong, *_) in BY_THEMSELVES.items() if path[0] == "s"}
    pbx = {path.partition(".")[2]: wrong for path, (wrong, *_) in BY_THEMSELVES.items() if path[0] == "p"}
    parts = {"dial": OF_DIAL, "routing": OF_ROUTING}
    told = BY_THEMSELVES | {f"settings.{part}.{name}": wrong for part in parts for name, wrong in parts[part].items()}
    settings |= {part: document(fields) for part, fields in parts.items()}
    for place, language in enumerate(LANGUAGES, start=1):
        desk = opens(acme, acme.users[0], language)
        desk.begins_with({"settings": settings, "pbx": pbx})
        desk.saves()
        desk.is_told({"ru": "Проверьте выделенные поля", "en": "Check the highlighted fields"}[language])
        assert sorted(desk.wrong()) == sorted(told)
        said = {path: desk.error(path).text_content() or "" for path in told}
        assert {path: words for path, words in said.items() if told[path][place] not in words} == {}
    assert stored(acme) == before


def test_every_source_of_recordings_tells_what_is_wrong_with_it(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    for place, language in enumerate(LANGUAGES, start=1):
        desk = opens(acme, acme.users[0], language)
        for source, wrong in OF_RECORDINGS.items():
            desk.begins_with({"settings": {"recordings": {"source": source, **document(wrong)}}})
            desk.saves()
            desk.is_told({"ru": "Проверьте выделенные поля", "en": "Check the highlighted fields"}[language])
            desk.is_at("recordings")
            told = {f"settings.recordings.{name}": words for name, words in wrong.items()}
            assert sorted(desk.wrong()) == sorted(told)
            said = {path: desk.error(path).text_content() or "" for path in told}
            assert {path: words for path, words in said.items() if told[path][place] not in words} == {}
    assert stored(acme)["recordings"]["source"] == "none"


def test_what_no_field_shows_by_itself_is_told_at_it_too(opens: Opens, connected: Two) -> None:
    acme, beta = connected
    (anna, boris), stranger = acme.users, beta.users[0]["id"]
    employees = [
        {"user_id": anna["id"], "extensions": ["101"], "mobiles": [], "stage": None},
        {"user_id": boris["id"], "extensions": ["102", "101"], "mobiles": [], "stage": {"pipeline_id": 5}},
        {"user_id": stranger, "extensions": ["109"], "mobiles": [], "stage": None},
    ]
    twice = ("указано дважды: 101", "is given twice: 101")
    nobody = (f"нет активного пользователя {stranger}", f"no active user {stranger}")
    told = {
        f"settings.employees.#{anna['id']}.extensions": twice,
        f"settings.employees.#{boris['id']}.extensions": twice,
        f"settings.employees.#{boris['id']}.stage": ("нет воронки 5", "no pipeline 5"),
        f"settings.employees.#{stranger}": nobody,
        "settings.default_employee": nobody,
        "settings.missed_to": nobody,
    }
    for place, language in enumerate(LANGUAGES):
        desk = opens(acme, anna, language)
        desk.begins_with({"settings": {"employees": employees, "missed_to": [stranger], "default_employee": stranger}})
        desk.saves()
        desk.is_at("employees")
        for path, words in told.items():
            expect(desk.error(path)).to_contain_text(words[place])
        assert sorted(desk.wrong()) == sorted(told)
        expect(desk.page.locator(".ps-chip.ps-wrong")).to_have_text(["101×", "101×"])


def test_the_first_wrong_field_is_where_the_person_is_taken(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    desk.tab("leads")
    desk.input("settings.lead_name").fill("{name}")
    desk.tab("connection")
    desk.input("pbx.host").fill("a b")
    desk.tab("overview")
    desk.saves()
    desk.is_at("connection")
    expect(desk.input("pbx.host")).to_be_focused()
    expect(desk.page.locator("#ps-tab-leads .ps-wrong")).to_have_text("1")
    desk.input("pbx.host").fill("pbx.example")
    expect(desk.error("pbx.host")).to_be_hidden()
    assert desk.wrong() == ["pbx.username", "settings.lead_name"]


def test_a_stored_secret_is_asked_for_again_at_another_address(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    for name, typed in {"host": "pbx.example", "username": "station", "secret": "Gh7-secret"}.items():
        desk.input(f"pbx.{name}").fill(typed)
    desk.saves()
    desk.is_told("Сохранено")
    expect(desk.input("pbx.secret")).to_have_value("")
    expect(desk.input("pbx.secret")).to_have_attribute("placeholder", "сохранён")
    desk.input("pbx.host").fill("other.example")
    expect(desk.input("pbx.secret")).to_have_attribute("placeholder", "введите пароль заново")
    desk.saves()
    expect(desk.error("pbx.secret")).to_contain_text("введите пароль")
    assert "Gh7-secret" not in desk.page.content()


def test_a_refusal_without_fields_is_told_in_words(opens: Opens, connected: Two) -> None:
    acme, _ = connected
    desk = opens(acme, acme.users[0])
    desk.tab("calls")
    desk.input("settings.zone").fill("Asia/Almaty")
    acme.set_user(acme.users[0], is_admin=False)
    desk.saves()
    desk.is_told("Настройки может менять только администратор")
    expect(desk.input("settings.zone")).to_have_value("Asia/Almaty")
