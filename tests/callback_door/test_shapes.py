"""Every shape in which a request may come becomes the same row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.crm.faults import Kind
from tests.callback_door.conftest import KEY, PHONE, Shop, told

TILDA = {
    "Name": "Иван", "Phone": "+7 (916) 123-45-67", "Textarea": "Перезвоните", "tranid": "1:2", "formid": "form9",
    "utm_source": "ya", "COOKIES": "_ym_uid=1; tildauid=2",
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "name", "comment", "rest"),
    [
        (TILDA, "Иван", "Перезвоните", ["tranid", "formid", "utm_source", "COOKIES"]),
        ({"Ваше имя": "Ё", "Телефон*": PHONE, "Вопрос": "?", "page": "/a"}, "Ё", "?", ["page"]),
        ({"your-name": "N", "tel-603": PHONE, "your-message": "m", "_wpcf7": "1"}, "N", "m", ["_wpcf7"]),
        ({"fields[phone]": PHONE, "fields[fio]": "Ф", "fields[x]": "1"}, "Ф", "", ["fields[x]"]),
        ({"phone": PHONE, "Phone_2": "8 495 000-00-00", "имя": ""}, "", "", ["Phone_2"]),
        ({"whatsapp[phone]": "yes", "tel": "2", "phone": PHONE}, "", "", ["whatsapp[phone]", "tel"]),
    ],
    ids=["tilda", "russian", "wordpress", "nested", "two phones", "asked about the phone"],
)
def test_a_form_of_any_site(shop: Shop, fields: dict[str, str], name: str, comment: str, rest: list[str]) -> None:
    shapes: list[dict[str, Any]] = [
        {"fields": fields},
        {"fields": fields, "content_type": "multipart/form-data"},
        {"fields": json.dumps(fields), "content_type": "application/json"},
        {"fields": json.dumps(fields), "content_type": "text/plain"},
    ]
    for shape in shapes:
        answer = shop.post(**shape)
        assert told(answer) == (200, "")
        row = shop.rows[-1]
        assert (row.phone, row.name, row.comment, row.site) == (KEY, name, comment, shop.key)
        assert [each[0] for each in row.fields] == rest
        shop.grow_old(61)
    assert len(shop.rows) == len(shapes)


def test_everything_else_is_kept_in_order(shop: Shop) -> None:
    pairs = [
        ("utm_source", "a"),
        ("phone", PHONE),
        ("roistat", "77"),
        ("utm_source", "b"),
        ("empty", ""),
        ("отдел", "Сервис"),
    ]
    body = "&".join(f"{name}={value}" for name, value in pairs)
    assert told(shop.post(body, content_type="application/x-www-form-urlencoded")) == (200, "")
    (row,) = shop.rows
    assert row.fields == [["utm_source", "a"], ["roistat", "77"], ["utm_source", "b"]]
    assert row.department == "Сервис"


def test_tilda_tests_its_hook_and_nothing_is_asked_for(shop: Shop) -> None:
    answer = shop.by_hook({"test": "test"})
    assert (told(answer), shop.rows) == ((200, ""), [])
    assert answer.json == {"state": "test", "message": "Проверка пройдена"}


@pytest.mark.parametrize("kind", ["form", "json", "webhook"])
def test_a_hook_of_the_digital_pipeline_comes_with_its_lead(shop: Shop, kind: str) -> None:
    """The number is the lead's contact's: from the phonebook, or asked of amoCRM while the lead is too young for it."""
    account = shop.firm.account
    lead = account.add_lead("Заявка", account.add_contact("Иван", [PHONE]), account.users[0])
    pipeline = {"event": {"type_code": "lead_added", "data": {"id": str(lead["id"]), "element_type": "2"}}}
    body: Any = {**pipeline, "account_id": str(shop.firm.id), "subdomain": "acme"}
    form = {
        "event[data][id]": lead["id"], "event[data][element_type]": "2", "account_id": shop.firm.id,
        "action[settings][widget][settings][name]": "x",
    }  # fmt: skip
    webhook = {"leads[add][0][id]": lead["id"], "leads[add][0][name]": "Заявка", "account[id]": shop.firm.id}
    for _ in range(2):
        if kind == "json":
            answer = shop.by_hook(json.dumps(body), content_type="application/json")
        else:
            answer = shop.by_hook(form if kind == "form" else webhook)
        assert told(answer) == (200, "")
        shop.grow_old(90)
    (row,) = shop.rows
    assert (row.lead, row.phone, row.name) == (lead["id"], KEY, "")
    shop.grow_old(3600)
    assert told(shop.by_hook(webhook)) == (200, "")
    assert len(shop.rows) == 2


def test_a_hook_of_what_has_no_number_is_refused_but_not_sent_again(shop: Shop, other: Shop) -> None:
    account = shop.firm.account
    lead = account.add_lead("Заявка", account.add_contact("Иван", []), account.users[0])
    theirs = other.firm.account.add_lead(
        "x", other.firm.account.add_contact("Пётр", [PHONE]), other.firm.account.users[0]
    )
    assert told(shop.by_hook({"leads[add][0][id]": lead["id"]})) == (200, "no_phone")
    assert told(shop.by_hook({"leads[add][0][id]": theirs["id"]})) == (200, "no_phone")
    assert told(shop.by_hook({"leads[add][0][id]": lead["id"], "account[id]": other.firm.id})) == (
        200,
        "foreign_account",
    )
    customer = {"event[data][id]": lead["id"], "event[data][element_type]": "12"}
    assert told(shop.by_hook(customer)) == (200, "no_phone")
    assert (shop.rows, other.rows) == ([], [])
    assert shop.refused == {"no_phone": 3, "foreign_account": 1}


def test_amocrm_away_is_asked_again_by_its_hook(shop: Shop) -> None:
    fault = shop.firm.crm.spoil(Kind.STATUS, "/api/v4/leads", status=502)
    assert told(shop.by_hook({"leads[add][0][id]": 77})) == (503, "later")
    assert fault.count is None


def test_only_a_server_names_a_lead(shop: Shop) -> None:
    """A page could name anybody's."""
    assert told(shop.post({"phone": PHONE, "lead_id": "5"})) == (200, "")
    assert told(shop.by_server({"phone": "+7 916 000-00-01", "lead_id": 5})) == (200, "")
    assert [each.lead for each in shop.rows] == [None, 5]
    assert shop.rows[0].fields == [["lead_id", "5"]]
