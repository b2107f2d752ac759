"""Lists, search, links, tasks, fields, tags: what a client reads back."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.crm import php
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from tests.sandbox_crm.conftest import Client


def ids(client: Client, path: str) -> list[int]:
    answer = client.get(path)
    if answer.status_code == 204:
        return []
    (rows,) = answer.json()["_embedded"].values()
    return [row["id"] for row in rows]


def test_pages_until_nothing(acme: AccountHandle, client: Client) -> None:
    made = [acme.add_contact(f"Клиент {n}")["id"] for n in range(4)]
    first = client.get("/api/v4/contacts?limit=2").json()
    assert [c["id"] for c in first["_embedded"]["contacts"]] == made[:2]
    assert first["_links"]["next"]["href"].endswith("/api/v4/contacts?limit=2&page=2")
    assert ids(client, "/api/v4/contacts?limit=2&page=2") == made[2:]
    assert client.get("/api/v4/contacts?limit=2&page=3").status_code == 204


def test_search_is_fuzzy_and_takes_any_spelling_by_digits(acme: AccountHandle, client: Client) -> None:
    ivan = acme.add_contact("Иван", ["8 (916) 123-45-67"])["id"]
    maria = acme.add_contact("Мария 9161234567", [])["id"]
    assert ids(client, "/api/v4/contacts?query=9161234567") == [ivan, maria]
    assert ids(client, "/api/v4/contacts?query=+79161234567") == []
    assert ids(client, "/api/v4/contacts?query=мари") == [maria]


def test_filters_are_ignored_unless_paid_for(acme: AccountHandle, client: Client) -> None:
    one, two = acme.add_lead("Одна")["id"], acme.add_lead("Другая")["id"]
    assert ids(client, f"/api/v4/leads?filter[id][]={two}") == [one, two]
    acme.set(filter_on=True)
    assert ids(client, f"/api/v4/leads?filter[id][]={two}") == [two]
    assert ids(client, f"/api/v4/leads?filter[id][0]={two}&filter[id][1]={one}") == [one, two]


def test_order(crm: Crm, acme: AccountHandle, client: Client) -> None:
    one = acme.add_contact("Раз")["id"]
    crm.clock.advance(5)
    two = acme.add_contact("Два")["id"]
    crm.clock.advance(5)
    acme.change("contacts", one, name="Раз-раз")
    assert ids(client, "/api/v4/contacts?order[updated_at]=asc") == [two, one]
    assert ids(client, "/api/v4/contacts?order[id]=desc") == [two, one]
    acme.set(filter_on=True)
    assert ids(client, f"/api/v4/contacts?filter[updated_at][from]={int(crm.clock.now())}") == [one]


def test_phones_are_replaced_and_cleared(acme: AccountHandle, client: Client) -> None:
    card = acme.add_contact("Иван", ["1112223344"])["id"]

    def write(values: Any) -> Any:
        client.patch(f"/api/v4/contacts/{card}", {"custom_fields_values": [{"field_code": "PHONE", "values": values}]})
        return client.get(f"/api/v4/contacts/{card}").json()["custom_fields_values"]

    (field,) = write([{"value": "+79161234567", "enum_code": "MOB"}])
    assert [(v["value"], v["enum_code"]) for v in field["values"]] == [("+79161234567", "MOB")]
    assert write(None) is None


def test_names_are_kept_whole_and_in_parts(acme: AccountHandle, client: Client) -> None:
    sent = [{"name": "Иван Сидоров"}, {"first_name": "Анна", "last_name": "Ким"}, {"first_name": "+79161234567"}, {}]
    client.post("/api/v4/contacts", sent)
    names = [(c["name"], c["first_name"], c["last_name"]) for c in acme.contacts]
    assert names == [
        ("Иван Сидоров", "Иван", "Сидоров"),
        ("Анна Ким", "Анна", "Ким"),
        ("+79161234567", "+79161234567", ""),
        ("Контакт", "Контакт", ""),
    ]


def test_links_both_ways(acme: AccountHandle, client: Client) -> None:
    lead, contact, company = acme.add_lead("Заявка"), acme.add_contact("Иван"), acme.add_company("Ромашка")
    answer = client.post(f"/api/v4/contacts/{contact['id']}/link", [
        {"to_entity_id": lead["id"], "to_entity_type": "leads"},
        {"to_entity_id": company["id"], "to_entity_type": "companies"},
    ])  # fmt: skip
    assert answer.status_code == 200, answer.text
    shown = client.get(f"/api/v4/contacts/{contact['id']}?with=leads").json()["_embedded"]
    assert ([x["id"] for x in shown["leads"]], [x["id"] for x in shown["companies"]]) == ([lead["id"]], [company["id"]])
    company_shown = client.get(f"/api/v4/companies/{company['id']}?with=contacts").json()["_embedded"]
    assert [x["id"] for x in company_shown["contacts"]] == [contact["id"]]
    assert client.get(f"/api/v4/leads/links?filter[entity_id][]={lead['id']}").json()["_total_items"] == 1
    unlink = [{"to_entity_id": contact["id"], "to_entity_type": "contacts"}]
    assert client.post(f"/api/v4/leads/{lead['id']}/unlink", unlink).status_code == 204
    assert client.get(f"/api/v4/leads/{lead['id']}/links").status_code == 204


def test_a_lead_has_one_main_contact(acme: AccountHandle, client: Client) -> None:
    lead, one, two = acme.add_lead("Заявка"), acme.add_contact("Раз")["id"], acme.add_contact("Два")["id"]
    for contact in (one, two):
        item = {"to_entity_id": contact, "to_entity_type": "contacts", "metadata": {"is_main": contact == two}}
        client.post(f"/api/v4/leads/{lead['id']}/link", [item])
    shown = client.get(f"/api/v4/leads/{lead['id']}?with=contacts").json()["_embedded"]["contacts"]
    assert {c["id"]: c["is_main"] for c in shown} == {one: False, two: True}


def test_calls_go_to_the_only_open_lead_else_to_the_card(acme: AccountHandle, client: Client) -> None:
    ivan = acme.add_contact("Иван", ["+7 916 123-45-67"])
    call = {"direction": "outbound", "duration": 5, "source": "PBX", "phone": "89161234567"}

    def place() -> tuple[str, int]:
        (made,) = client.post("/api/v4/calls", [call]).json()["_embedded"]["calls"]
        return made["entity_type"], made["entity_id"]

    assert place() == ("contact", ivan["id"])
    lead = acme.add_lead("Заявка", ivan)
    assert place() == ("lead", lead["id"])
    acme.add_lead("Вторая", ivan)
    assert place() == ("contact", ivan["id"])
    mixed = client.post("/api/v4/calls", [call, {**call, "phone": "+70000000000"}])
    assert (mixed.status_code, mixed.json()["_total_items"], mixed.json()["errors"][0]["request_id"]) == (200, 1, "1")


def test_call_is_shown_to_those_named_or_to_all(acme: AccountHandle, client: Client) -> None:
    boris = acme.add_user("Борис")["id"]
    ivan = acme.add_contact("Иван", ["+7 916 123-45-67"])
    call = {"type": "phone_call", "phone_number": "8 (495) 123-45-67", "users": [boris]}
    (item,) = client.post("/api/v2/events", {"add": [call]}).json()["_embedded"]["items"]
    assert (item["element_id"], item["element_type"]) == (None, None)
    (item,) = client.post(
        "/api/v2/events", {"add": [{**call, "phone_number": "61234567", "users": str(boris)}]}
    ).json()["_embedded"]["items"]
    assert (item["element_id"], item["element_type"]) == (ivan["id"], 1)
    client.post("/api/v2/events", {"add": [{"type": "phone_call", "phone_number": "1"}]})
    assert [n["user_id"] for n in acme.notifications] == [boris, boris, acme.users[0]["id"], boris]
    assert client.post("/api/v2/events", {"add": [{**call, "users": [1]}]}).status_code == 400
    assert client.post("/api/v2/events", {"add": {}}).status_code == 400


def test_tasks(acme: AccountHandle, client: Client) -> None:
    lead = acme.add_lead("Заявка")
    item = {"text": "Перезвонить", "complete_till": 1, "entity_id": lead["id"], "entity_type": "leads"}
    task = client.post("/api/v4/tasks", [item]).json()["_embedded"]["tasks"][0]["id"]
    assert ids(client, "/api/v4/tasks?filter[is_completed]=0") == [task]
    client.patch(f"/api/v4/tasks/{task}", {"is_completed": True, "result": {"text": "готово"}})
    assert client.get("/api/v4/tasks?filter[is_completed]=0").status_code == 204
    assert client.get(f"/api/v4/tasks/{task}").json()["result"] == {"text": "готово"}


def test_tags_are_added_taken_and_replaced(acme: AccountHandle, client: Client) -> None:
    made = client.post("/api/v4/leads", [{"tags_to_add": [{"name": "Звонок"}]}]).json()["_embedded"]["leads"][0]["id"]

    def tags(change: dict[str, Any]) -> list[str]:
        assert client.patch(f"/api/v4/leads/{made}", change).status_code == 200
        return [tag["name"] for tag in client.get(f"/api/v4/leads/{made}").json()["_embedded"]["tags"]]

    assert tags({"tags_to_add": [{"name": "VIP"}]}) == ["Звонок", "VIP"]
    assert tags({"tags_to_delete": [{"name": "Звонок"}]}) == ["VIP"]
    assert tags({"_embedded": {"tags": [{"name": "Новый"}]}}) == ["Новый"]
    assert tags({"_embedded": {"tags": None}}) == []
    assert ids(client, "/api/v4/leads/tags?query=vi") != []


def test_closing_a_lead_dates_it_and_the_history_tells(crm: Crm, acme: AccountHandle, client: Client) -> None:
    lead = acme.add_lead("Заявка")
    crm.clock.advance(60)
    client.patch("/api/v4/leads", [{"id": lead["id"], "status_id": 143}])
    assert client.get(f"/api/v4/leads/{lead['id']}").json()["closed_at"] == int(crm.clock.now())
    (event,) = client.get("/api/v4/events?filter[type]=lead_status_changed").json()["_embedded"]["events"]
    assert event["value_after"][0]["lead_status"]["id"] == 143
    assert client.get(f"/api/v4/events/{event['id']}").json()["entity_id"] == lead["id"]


def test_own_fields_of_every_type(acme: AccountHandle, client: Client) -> None:
    colours = [{"value": "красный"}, {"value": "синий"}]
    sent = [{"name": "Цвет", "type": "select", "enums": colours}, {"name": "Срочно", "type": "checkbox"}]
    fields = client.post("/api/v4/leads/custom_fields", sent).json()["_embedded"]["custom_fields"]
    colour, urgent = fields[0]["id"], fields[1]["id"]
    item = {"custom_fields_values": [
        {"field_id": colour, "values": [{"value": "синий"}]}, {"field_id": urgent, "values": [{"value": True}]},
    ]}  # fmt: skip
    client.post("/api/v4/leads", [item])
    values = {f["field_id"]: f["values"][0]["value"] for f in acme.leads[0]["custom_fields_values"]}
    assert values == {colour: "синий", urgent: True}
    item["custom_fields_values"][0]["values"] = [{"value": "зелёный"}]
    assert client.post("/api/v4/leads", [item]).status_code == 400


def test_accounts_side_by_side_see_nothing_of_each_other(crm: Crm, acme: AccountHandle, client: Client) -> None:
    beta = crm.account("beta")
    beta.add_user("Галина Ким", admin=True)
    lead = beta.add_lead("Чужая")
    contact = beta.add_contact("Олег", ["+79161234567"])
    assert client.get(f"/api/v4/leads/{lead['id']}").status_code == 204
    assert client.get("/api/v4/contacts?query=9161234567").status_code == 204
    assert client.patch(f"/api/v4/contacts/{contact['id']}", {"name": "x"}).status_code == 400
    field = {"field_id": next(iter(beta.state()["fields"])), "values": []}
    assert client.post("/api/v4/contacts", [{"custom_fields_values": [field]}]).status_code == 400


def test_links_are_in_the_name_the_caller_used(acme: AccountHandle, client: Client) -> None:
    client.host = "acme.localhost:8400"
    self_link = client.get("/api/v4/account").json()["_links"]["self"]["href"]
    assert self_link == "https://acme.localhost:8400/api/v4/account"


names = st.text("abcXYZ_0", min_size=1, max_size=5).filter(lambda name: not name.isdigit())
trees = st.recursive(
    st.text(max_size=8), lambda child: st.dictionaries(names, child, min_size=1, max_size=3), max_leaves=12
)


@given(st.dictionaries(names, trees, max_size=3))
def test_php_forms_read_back(tree: dict[str, Any]) -> None:
    assert php.parse(php.encode(tree)) == tree


@given(st.text(max_size=60))
def test_any_query_is_read_without_an_accident(query: str) -> None:
    php.values(php.parse(query), "filter", "id")
