"""What we say is understood by amoCRM's emulator, and what it answers is understood by us."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.amocrm import account_answers, answers, models, requests, values
from backend.amocrm.answers import LOST, WON
from backend.amocrm.client import ApiClient
from backend.amocrm.requests import Entity, NoteType
from sandbox.crm.handle import AccountHandle

PHONE = "+79161234567"


def test_account_users_and_stages(client: ApiClient, acme: AccountHandle) -> None:
    account = account_answers.account(client.send(requests.account()))
    assert (account.id, account.name, account.subdomain, account.country) == (acme.id, "ООО Акме", "acme", "RU")
    users = account_answers.users(client.send(requests.users()))
    assert [(user.name, user.is_admin, user.is_active) for user in users] == [
        ("Анна Петрова", True, True), ("Борис Иванов", False, True),
    ]  # fmt: skip
    one = account_answers.user(client.send(requests.user(users[1].id)))
    assert one == users[1]
    stages = account_answers.stages(client.send(requests.pipelines()))
    assert [stage.name for stage in stages if stage.is_unsorted] == ["Неразобранное"]
    assert {WON, LOST} <= {stage.status_id for stage in stages}


def test_a_contact_is_found_with_its_leads(client: ApiClient, acme: AccountHandle) -> None:
    contact = acme.add_contact("Иван", ["8 (916) 123-45-67", "+7 495 111-22-33"], acme.users[1])
    lead = acme.add_lead("Заявка", contact)
    (found,) = answers.contacts(client.send(requests.contacts_with("9161234567")))
    assert (found.id, found.name, found.responsible) == (contact["id"], "Иван", acme.users[1]["id"])
    assert found.phones == ("8 (916) 123-45-67", "+7 495 111-22-33")
    assert found.lead_ids == (lead["id"],)
    assert answers.contact(client.send(requests.contact(contact["id"]))) == found


def test_a_company_is_found(client: ApiClient, acme: AccountHandle) -> None:
    made = acme.add_company("ООО Ромашка", ["+74951112233"])
    (found,) = answers.companies(client.send(requests.companies_with("4951112233")))
    assert (found.id, found.phones) == (made["id"], ("+74951112233",))


def test_which_lead_is_open(client: ApiClient, acme: AccountHandle) -> None:
    stages = account_answers.stages(client.send(requests.pipelines()))
    unsorted = frozenset(stage.status_id for stage in stages if stage.is_unsorted)
    made = {
        stage.status_id: acme.add_lead(stage.name, stage=stage.status_id) for stage in stages if not stage.is_unsorted
    }
    for status_id, lead in made.items():
        found = answers.lead(client.send(requests.lead(lead["id"])))
        assert found is not None
        assert found.is_open(unsorted) is (status_id not in (WON, LOST))
        assert not found.is_open(unsorted | {status_id})
    newest = answers.leads(client.send(requests.newest_leads(limit=1)))
    assert [lead.id for lead in newest] == [max(lead["id"] for lead in made.values())]


def test_a_lead_with_a_new_contact_is_made_in_one_request(client: ApiClient, acme: AccountHandle) -> None:
    anna = acme.users[0]["id"]
    contact = models.contact(name="Клиент", phone=PHONE, responsible=anna)
    model = models.lead(name="Звонок", contact=contact, responsible=anna, tags=("звонок",), request_id="call-1")
    (made,) = answers.made_leads(client.send(requests.add_complex([model])))
    assert (made.request_id, made.merged) == ("call-1", False)
    lead = answers.lead(client.send(requests.lead(made.lead_id)))
    assert lead is not None
    assert (lead.contact_ids, lead.responsible) == ((made.contact_id,), anna)
    (kept,) = acme.contacts
    assert kept["responsible_user_id"] == anna


def test_leads_of_known_contacts_go_in_a_batch(client: ApiClient, acme: AccountHandle) -> None:
    contacts = [acme.add_contact(f"К{n}") for n in range(3)]
    batch = [models.lead(name=f"Л{n}", contact=each["id"], request_id=f"r{n}") for n, each in enumerate(contacts)]
    made = answers.made("leads")(client.send(requests.add_leads(batch)))
    assert [each.request_id for each in made] == ["r0", "r1", "r2"]
    assert sorted(each.id for each in answers.leads(client.send(requests.leads([each.id for each in made])))) == sorted(
        each.id for each in made
    )


def test_a_call_note_is_added_found_and_filled_in(client: ApiClient, acme: AccountHandle) -> None:
    lead, anna = acme.add_lead("Заявка"), acme.users[0]["id"]
    link = "https://rec.example/1.mp3"
    whole: dict[str, Any] = {"inbound": True, "uniq": "call-1", "phone": PHONE, "link": link, "user_id": anna}
    note = models.call_note(**whole, status=4, entity_id=lead["id"], request_id="n1")
    (made,) = answers.made("notes")(client.send(requests.add_notes(Entity.LEADS, [note])))
    assert (made.request_id, made.entity_id) == ("n1", lead["id"])
    later = models.call_note(**whole, status=4, duration=187, note_id=made.id)
    client.send(requests.change_notes(Entity.LEADS, [later]))
    (found,) = answers.notes(client.send(requests.notes_of(Entity.LEADS, lead["id"], [NoteType.CALL_IN])))
    assert (found.id, found.uniq, found.params["duration"], found.params["link"]) == (
        made.id, "call-1", 187, link,
    )  # fmt: skip
    again = models.call_note(**whole, status=4, duration=188, note_id=made.id)
    client.send(requests.change_notes(Entity.LEADS, [again]))
    (kept,) = acme.notes
    assert (kept["params"]["duration"], kept["created_by"], kept["responsible_user_id"]) == (188, anna, anna)


def test_an_unsorted_call_is_made_found_and_accepted(client: ApiClient, acme: AccountHandle) -> None:
    known = acme.add_contact("Иван", [PHONE])
    record = models.unsorted_call(
        source_uid="call-7", source_name="Звонок", phone=PHONE, called_at=1764000800, called="Очередь",
        lead=models.lead(name="Пропущенный"), contact=known["id"], request_id="m1",
    )  # fmt: skip
    (made,) = answers.unsorted_records(client.send(requests.add_unsorted_calls([record])))
    assert made.request_id == "m1"
    assert len(made.lead_ids) == 1
    (found,) = answers.unsorted_records(client.send(requests.unsorted_records()))
    assert (found.uid, found.source_uid, found.category) == (made.uid, "call-7", "sip")
    accepted = client.send(requests.accept_unsorted(made.uid, user_id=acme.users[0]["id"]))
    taken = answers.unsorted_record(accepted)
    assert taken is not None
    assert taken.lead_ids == made.lead_ids
    assert len(acme.contacts) == 1


def test_an_unsorted_form_is_made(client: ApiClient, acme: AccountHandle) -> None:
    form = {"form_id": "callback", "form_name": "Заказать звонок", "form_page": "https://example.test/contacts"}
    record = models.unsorted_form(
        source_uid="cb-1", source_name="Обратный звонок", form=form, sent_at=1764001000,
        lead=models.lead(name="Обратный звонок"), contact=models.contact(name="Мария", phone=PHONE),
    )  # fmt: skip
    (made,) = answers.unsorted_records(client.send(requests.add_unsorted_forms([record])))
    assert [each["uid"] for each in acme.unsorted] == [made.uid]


def test_links_tasks_patches_and_webhooks(client: ApiClient, acme: AccountHandle) -> None:
    lead, contact = acme.add_lead("Заявка"), acme.add_contact("Иван")
    client.send(requests.link(Entity.LEADS, lead["id"], Entity.CONTACTS, contact["id"], is_main=True))
    client.send(requests.hand_over(lead["id"], acme.users[1]["id"]))
    client.send(requests.change_contact(contact["id"], {"name": "Иван Сидоров"}))
    found = answers.lead(client.send(requests.lead(lead["id"])))
    assert found is not None
    assert (found.contact_ids, found.responsible) == ((contact["id"],), acme.users[1]["id"])
    task = models.task(text="Перезвонить", complete_till=1764007200, entity=Entity.LEADS, entity_id=lead["id"])
    assert len(answers.made("tasks")(client.send(requests.add_tasks([task])))) == 1
    client.send(requests.subscribe("https://pbx.example.test/hooks/1", ["add_lead", "status_lead"]))
    assert acme.state()["webhooks"]
    assert client.send(requests.unsubscribe("https://pbx.example.test/hooks/1")) is None
    client.send(requests.announce_calls({PHONE: [acme.users[0]["id"]]}))
    assert len(acme.notifications) == 1


@pytest.mark.parametrize(
    ("entity", "add"), [("contacts", "add_contact"), ("companies", "add_company"), ("leads", "add_lead")]
)
def test_everything_is_read_page_by_page(client: ApiClient, acme: AccountHandle, entity: str, add: str) -> None:
    for number in range(requests.PAGE + 1):
        getattr(acme, add)(f"№ {number}")
    pages = [client.send(requests.everything(Entity(entity), page)) for page in (1, 2)]
    assert [answers.may_have_more(page, entity) for page in pages] == [True, False]
    assert len({each["id"] for page in pages for each in values.embedded(page, entity)}) == requests.PAGE + 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(("id", "_embedded", "contacts", "leads", "users", "rights", "custom_fields_values", "values",
                         "value", "field_code", "params", "uid", "request_id", "statuses", "type")),
        inner, max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@given(JSON)
def test_nonsense_is_never_a_crash(body: Any) -> None:
    wrapped = {"_embedded": {name: [body] for name in ("contacts", "leads", "companies", "notes", "unsorted", "users")}}
    for parse in (answers.contacts, answers.leads, answers.companies, answers.notes, answers.unsorted_records):
        parse(body)
        parse(wrapped)
    answers.made_leads([body])
    account_answers.users(wrapped)
    account_answers.stages({"_embedded": {"pipelines": [body]}})


def test_strings_and_numbers_are_the_same_to_us() -> None:
    lead = answers.lead({"id": "7", "status_id": "142", "price": "100", "responsible_user_id": 5.0, "created_at": None})
    assert lead is not None
    assert (lead.id, lead.status_id, lead.price, lead.responsible, lead.created_at) == (7, WON, 100, 5, 0)
    assert answers.made_leads([{"id": 1, "contact_id": None, "request_id": ["r"], "merged": True}])[0].request_id == "r"


def test_what_a_database_cannot_hold_is_left_out() -> None:
    lead = answers.lead({"id": 7, "name": "a\x00b\ud800", "price": 10**30})
    assert lead is not None
    assert (lead.name, lead.price) == ("ab?", 0)
    assert answers.lead({"id": str(2**63)}) is None
