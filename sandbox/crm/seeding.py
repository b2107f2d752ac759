"""New accounts as amoCRM gives them, people and cards put into them, and the demo's two offices."""

from __future__ import annotations

from typing import Any

from sandbox.crm import cards, fields
from sandbox.crm.act import Act, Parts
from sandbox.crm.state import Account, Record, World

STAGES = (("Неразобранное", "#c1c1c1", 1), ("Первичный контакт", "#99ccff", 0), ("Переговоры", "#ffcc66", 0))
WON_STAGE = ("Успешно реализовано", "#CCFF66")
LOST_STAGE = ("Закрыто и не реализовано", "#D5D8DB")


def open_account(world: World, subdomain: str, name: str, *, account_id: int | None = None) -> Account:
    """An account with its fields and the pipeline "Продажи", and nobody in it."""
    account = Account(id=world.keep_id("accounts", account_id), subdomain=subdomain, name=name, created_at=world.now())
    world.accounts[account.id] = account
    fields.add_standard_fields(world, account)
    add_pipeline(world, account, "Продажи")
    return account


def add_pipeline(
    world: World, account: Account, name: str, stages: tuple[tuple[str, str, int], ...] = STAGES
) -> Record:
    """A pipeline with its unsorted stage, ordinary stages, won and lost."""
    pipeline_id = world.take_id("pipelines")
    order = len(account.pipelines) + 1
    statuses = [
        _status(account, pipeline_id, world.take_id("statuses"), stage, sort=10 * place)
        for place, stage in enumerate(stages, start=1)
    ]
    statuses.append(_status(account, pipeline_id, cards.WON, (*WON_STAGE, 0), sort=10000))
    statuses.append(_status(account, pipeline_id, cards.LOST, (*LOST_STAGE, 0), sort=11000))
    pipeline = {
        "id": pipeline_id, "name": name, "sort": order, "is_main": order == 1, "is_unsorted_on": True,
        "is_archive": False, "account_id": account.id, "statuses": statuses,
    }  # fmt: skip
    account.pipelines[pipeline_id] = pipeline
    return pipeline


def _status(account: Account, pipeline_id: int, status_id: int, stage: tuple[str, str, int], *, sort: int) -> Record:
    name, color, kind = stage
    system = kind == cards.UNSORTED_STAGE or status_id in cards.CLOSED
    return {
        "id": status_id, "name": name, "sort": sort, "is_editable": not system, "pipeline_id": pipeline_id,
        "color": color, "type": kind, "account_id": account.id,
    }  # fmt: skip


def add_user(world: World, account: Account, name: str, *, admin: bool = False, **more: Any) -> Record:
    user_id = world.keep_id("users", more.get("id"))
    user = {
        "id": user_id, "name": name, "email": more.get("email") or f"user{user_id}@{account.subdomain}.test",
        "is_admin": admin, "is_active": True, "is_free": False, "phone_number": more.get("phone_number"),
        "lang": more.get("lang", "ru"), "letter": more.get("letter", "A"), "group_id": more.get("group_id"),
    }  # fmt: skip
    account.users[user_id] = user
    return user


def seed(parts: Parts, spec: Record) -> list[Account]:
    """Accounts with users, contacts, companies and leads, as the control plane's JSON describes them.

    Cards have the API's own keys, and may name their `id`; `phones` is short for the PHONE field.
    """
    parts.world.next_ids.update(spec.get("next_ids", {}))
    return [_seed_account(parts, account) for account in spec.get("accounts", [])]


def _seed_account(parts: Parts, spec: Record) -> Account:
    subdomain = str(spec["subdomain"])
    account = parts.world.by_subdomain(subdomain)
    if account is None:
        name = str(spec.get("name", subdomain))
        account = open_account(parts.world, subdomain, name, account_id=spec.get("id"))
    for user in spec.get("users", []):
        more = {key: value for key, value in user.items() if key not in ("name", "is_admin")}
        add_user(parts.world, account, user["name"], admin=user.get("is_admin", False), **more)
    act = Act(parts=parts, account=account)
    for kind in ("companies", "contacts"):
        for card in spec.get(kind, []):
            cards.new_card(act, kind, _with_phones(card))
    for lead in spec.get("leads", []):
        cards.new_lead(act, lead)
    return account


def _with_phones(card: Record) -> Record:
    values = fields.phone_values(card.get("phones", []))
    sent = [*values, *card.get("custom_fields_values", [])]
    return {**{k: v for k, v in card.items() if k != "phones"}, "custom_fields_values": sent}


DAY = 86_400
# Accounts with people and clients: name, phone, lead, price, stage, seconds since then.
DEMO = (
    ("acme", "ООО «Акме»", ("Анна Петрова", "Борис Волков", "Вера Соколова"), (
        ("Павел Никитин", "+79261112233", "Договор на обслуживание", 240_000, "Успешно реализовано", 9 * DAY),
        ("Иван Сидоров", "+7 916 123-45-67", "Заявка с сайта", 48_000, "Переговоры", 3 * DAY),
        ("Мария Орлова", "8 (903) 555-10-20", "Ремонт кофемашины", 12_500, "Первичный контакт", DAY // 4),
    )),
    ("beta", "Бета Сервис", ("Галина Ким", "Денис Фомин"), (
        ("Олег Титов", "+7 495 765-43-21", "Поставка фильтров", 31_000, "Первичный контакт", 2 * DAY),
    )),
)  # fmt: skip


def seed_demo(parts: Parts) -> None:
    """Two offices that know nothing of each other."""
    for subdomain, name, people, clients in DEMO:
        account = open_account(parts.world, subdomain, name)
        users = [add_user(parts.world, account, person, admin=i == 0) for i, person in enumerate(people)]
        for place, client in enumerate(clients):
            _seed_client(Act(parts=parts, account=account), client, users[place % len(users)]["id"])


def _seed_client(act: Act, client: tuple[str, str, str, int, str, int], user_id: int) -> None:
    name, phone, lead_name, price, stage, age = client
    then = {"created_at": act.now - age, "updated_at": act.now - age}
    common = {"responsible_user_id": user_id, "created_by": user_id, **then}
    contact = cards.new_card(act, "contacts", _with_phones({"name": name, "phones": [phone], **common}))
    status_id = stage_named(act.account, stage)["id"]
    embedded = {"contacts": [{"id": contact["id"]}]}
    cards.new_lead(act, {"name": lead_name, "price": price, "status_id": status_id, "_embedded": embedded, **common})


def stage_named(account: Account, stage: str | int) -> Record:
    """A stage by its name or id, the main pipeline first; LookupError when there is none."""
    for pipeline in account.pipelines.values():
        for status in pipeline["statuses"]:
            if stage in (status["id"], status["name"]):
                return dict(status)
    raise LookupError(f"no stage {stage!r} in {account.subdomain}")
