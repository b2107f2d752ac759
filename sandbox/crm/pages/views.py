"""The pages and the few things one can press on them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.crm import cards, fields, unsorted_records
from sandbox.crm.act import ROBOT, Act
from sandbox.crm.context import HostKind, account_host, host, parts, world
from sandbox.crm.pages import words
from sandbox.crm.pages.feed import feed, person
from sandbox.crm.pages.page import AREAS, show
from sandbox.crm.pages.visitor import asked_account, visitor
from sandbox.crm.state import Account, Record

pages = Blueprint("pages", __name__)
CATEGORIES = {"sip": "Звонок", "forms": "Заявка с сайта"}
PERSON_TITLES = {"contacts": "Контакт", "companies": "Компания"}


@pages.app_context_processor
def _words() -> dict[str, Any]:
    return {"words": words, "now": world().clock.now(), "waiting": _waiting_count()}


def _waiting_count() -> int:
    account = world().by_subdomain(host().label)
    return len(unsorted_records.waiting(account)) if account else 0


@pages.get("/")
def choose() -> ResponseReturnValue:
    """The accounts, or, under an account's own host, its board."""
    if host().kind is HostKind.ACCOUNT:
        return redirect("/leads")
    found = [
        {"account": account, "url": f"{world().scheme}://{account_host(account)}/leads"}
        for account in world().accounts.values()
    ]
    return render_template("choose.html", accounts=found)


@pages.get("/leads")
@pages.get("/leads/pipeline/<int:pipeline_id>")
def board(pipeline_id: int | None = None) -> str:
    account = asked_account()
    pipeline = account.pipelines.get(pipeline_id or account.main_pipeline["id"])
    if pipeline is None:
        abort(404)
    columns = [_column(account, status) for status in pipeline["statuses"]]
    return show("board.html", account, "leads-pipeline", pipeline=pipeline, columns=columns, here="leads")


def _column(account: Account, status: Record) -> Record:
    if status["type"] == cards.UNSORTED_STAGE:
        records = [r for r in unsorted_records.waiting(account) if r["pipeline_id"] == status["pipeline_id"]]
        shown = [_unsorted_card(account, record) for record in reversed(records)]
        return {"status": status, "unsorted": shown, "leads": [], "total": 0, "count": len(shown)}
    leads = [_lead_card(account, lead) for lead in _leads_in(account, status)]
    return {
        "status": status, "unsorted": [], "leads": leads, "total": sum(c["lead"]["price"] for c in leads),
        "count": len(leads),
    }  # fmt: skip


def _leads_in(account: Account, status: Record) -> list[Record]:
    """Newest first."""
    place = (status["pipeline_id"], status["id"])
    alive = [lead for lead in account.leads.values() if not lead["is_deleted"]]
    return [lead for lead in reversed(alive) if (lead["pipeline_id"], lead["status_id"]) == place]


def _lead_card(account: Account, lead: Record) -> Record:
    return {
        "lead": lead, "contacts": _contacts_of(account, lead), "who": person(account, lead["responsible_user_id"]),
        "calls": sum(1 for note in _notes(account, "leads", lead["id"]) if note["note_type"].startswith("call_")),
    }  # fmt: skip


def _contacts_of(account: Account, lead: Record) -> list[Record]:
    return [account.contacts[link["id"]] for link in lead["contacts"]]


def _unsorted_card(account: Account, record: Record) -> Record:
    contact = account.contacts.get(record["contact_id"] or 0)
    return {
        "record": record, "lead": account.leads[record["lead_id"]], "contact": contact,
        "phones": fields.phones(contact) if contact else [], "category": CATEGORIES[record["category"]],
        "entries": feed(account, _notes(account, "leads", record["lead_id"]), world().clock.now()),
    }  # fmt: skip


def _notes(account: Account, kind: str, card_id: int) -> list[Record]:
    return [n for n in account.notes.values() if (n["entity_type"], n["entity_id"]) == (kind, card_id)]


def _tasks(account: Account, kind: str, card_id: int) -> list[Record]:
    """Those to be done, the first to come first."""
    own = [t for t in account.tasks.values() if (t["entity_type"], t["entity_id"]) == (kind, card_id)]
    waiting = sorted((task for task in own if not task["is_completed"]), key=lambda task: task["complete_till"])
    return [{"task": task, "who": person(account, task["responsible_user_id"])} for task in waiting]


@pages.get("/leads/detail/<int:lead_id>")
def show_lead(lead_id: int) -> str:
    account = asked_account()
    lead = account.leads.get(lead_id)
    if lead is None:
        abort(404)
    stage = account.status(lead["status_id"], lead["pipeline_id"])
    contacts = [{"card": card, "phones": fields.phones(card)} for card in _contacts_of(account, lead)]
    return show(
        "lead.html", account, AREAS["leads"], open=("leads", lead), lead=lead, stage=stage,
        pipeline=account.pipelines[lead["pipeline_id"]], tasks=_tasks(account, "leads", lead_id), contacts=contacts,
        company=account.companies.get(lead["company_id"] or 0), here="leads",
        unsorted=cards.is_unsorted_lead(account, lead), who=person(account, lead["responsible_user_id"]),
        entries=feed(account, _notes(account, "leads", lead_id), world().clock.now()),
    )  # fmt: skip


@pages.post("/leads/detail/<int:lead_id>")
def change_lead(lead_id: int) -> ResponseReturnValue:
    """Another stage or another responsible, as an employee would choose them."""
    account = asked_account()
    lead, form = account.leads.get(lead_id), request.form
    wanted = {key: form.get(key, type=int) for key in ("status_id", "responsible_user_id") if form.get(key)}
    known = not wanted.keys() - {"status_id", "responsible_user_id"} and _fits(account, lead, wanted)
    if lead is None or not known:
        abort(400)
    cards.change(_act(account, _me(account)), "leads", lead, wanted)
    return redirect(f"/leads/detail/{lead_id}")


def _fits(account: Account, lead: Record | None, wanted: Record) -> bool:
    stage = lead and account.status(wanted.get("status_id", lead["status_id"]) or 0, lead["pipeline_id"])
    user = account.users.get(wanted.get("responsible_user_id", next(iter(account.users))) or 0)
    return bool(stage) and user is not None


def _me(account: Account) -> int:
    me = visitor(account)
    return int(me["id"]) if me else ROBOT


def _act(account: Account, user_id: int) -> Act:
    return Act(parts=parts(), account=account, user_id=user_id)


@pages.get("/<any(contacts, companies):kind>/detail/<int:card_id>")
def show_person(kind: str, card_id: int) -> str:
    """His own notes and those of his leads, in one feed."""
    account = asked_account()
    card = account.table(kind).get(card_id)
    if card is None:
        abort(404)
    leads = cards.leads_of(account, kind, card_id)
    notes = _notes(account, kind, card_id) + [note for lead in leads for note in _notes(account, "leads", lead["id"])]
    shown = [
        {"lead": lead, "stage": account.status(lead["status_id"], lead["pipeline_id"])} for lead in reversed(leads)
    ]
    return show(
        "person.html", account, AREAS[kind], open=(kind, card), card=card, title=PERSON_TITLES[kind], leads=shown,
        phones=fields.phones(card), tasks=_tasks(account, kind, card_id),
        who=person(account, card["responsible_user_id"]), here="contacts",
        entries=feed(account, notes, world().clock.now()),
    )  # fmt: skip


@pages.get("/contacts")
def list_contacts() -> str:
    account = asked_account()
    rows = [
        {"kind": kind, "card": card, "phones": fields.phones(card), "who": person(account, card["responsible_user_id"]),
         "leads": len(cards.leads_of(account, kind, card["id"]))}
        for kind in ("contacts", "companies")
        for card in reversed(cards.visible(account.table(kind).values()))
    ]  # fmt: skip
    return show("contacts.html", account, "contacts", rows=rows, here="contacts")


@pages.get("/contacts/add/")
def fill_in_contact() -> str:
    return show("new_contact.html", asked_account(), "", phone=request.args.get("phone", ""), here="contacts")


@pages.post("/contacts/add/")
def add_contact() -> ResponseReturnValue:
    account, name, phone = asked_account(), request.form.get("name", ""), request.form.get("phone", "")
    phones = fields.phone_values([phone] if phone else [])
    act = _act(account, _me(account))
    made = cards.new_card(act, "contacts", {"name": name, "custom_fields_values": phones})
    return redirect(f"/contacts/detail/{made['id']}")


@pages.get("/unsorted")
def list_unsorted() -> str:
    account = asked_account()
    shown = [_unsorted_card(account, record) for record in reversed(unsorted_records.waiting(account))]
    return show("unsorted.html", account, "leads", shown=shown, here="unsorted")


@pages.post("/unsorted/<uid>/<any(accept, decline):verb>")
def sort(uid: str, verb: str) -> ResponseReturnValue:
    account = asked_account()
    record, user = account.unsorted.get(uid), account.users.get(request.form.get("user_id", 0, int))
    if record is None or record["outcome"] is not None or user is None:
        return redirect("/unsorted")
    if verb == "decline":
        unsorted_records.decline(_act(account, user["id"]), record)
        return redirect("/unsorted")
    unsorted_records.accept(_act(account, user["id"]), record, user["id"], None)
    return redirect(f"/leads/detail/{record['lead_id']}")


@pages.get("/notifications")
def list_notifications() -> str:
    account = asked_account()
    people = [{"user": user, "shown": _shown_to(account, user["id"])} for user in account.users.values()]
    return show("notifications.html", account, "", people=people, here="notifications")


def _shown_to(account: Account, user_id: int) -> list[Record]:
    """Newest first."""
    return [_notification(account, shown) for shown in reversed(account.notifications) if shown["user_id"] == user_id]


def _notification(account: Account, notification: Record) -> Record:
    kind, card_id = notification["entity_type"], notification["entity_id"]
    entity = account.table(kind).get(card_id) if kind else None
    return {**notification, "entity": entity, "href": f"/{kind}/detail/{card_id}" if entity else None}
