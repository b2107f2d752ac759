"""The account itself, its users and its pipelines (docs/amocrm-contract.md §3.3, §3.4, §3.7)."""

from __future__ import annotations

from flask import Response

from sandbox.crm.answers import collection, found, hal, links, whole, with_parts
from sandbox.crm.context import caller
from sandbox.crm.gate import admins_only, api
from sandbox.crm.problems import Problem
from sandbox.crm.state import Account, Record

GROUPS = [{"id": 0, "name": "Отдел продаж", "uuid": None}]
TASK_TYPES = [
    {"id": 1, "name": "Связаться", "color": None, "icon_id": None, "code": "FOLLOW_UP"},
    {"id": 2, "name": "Встреча", "color": None, "icon_id": None, "code": "MEETING"},
]
DATETIME = {"date_pattern": "d.m.Y H:i", "timezone": "Europe/Moscow", "timezone_offset": "+03:00"}
EMBEDDED = {"users_groups": GROUPS, "task_types": TASK_TYPES, "datetime_settings": DATETIME}


@api.get("/v4/account")
def read_account() -> Response:
    account, asked = caller().account, with_parts()
    embedded = {name: value for name, value in EMBEDDED.items() if name in asked}
    shown = {**_account(account), "_links": links("/account"), "_embedded": embedded}
    return hal(shown | ({"is_api_filter_enabled": account.filter_on} if "is_api_filter_enabled" in asked else {}))


def _account(account: Account) -> Record:
    founder = next(iter(account.users), 0)
    return {
        "id": account.id, "name": account.name, "subdomain": account.subdomain, "created_at": account.created_at,
        "created_by": founder, "updated_at": account.created_at, "updated_by": founder,
        "current_user_id": caller().user["id"], "country": "RU", "currency": "RUB", "currency_symbol": "₽",
        "customers_mode": "segments", "is_unsorted_on": account.unsorted_on, "mobile_feature_version": 0,
        "is_loss_reason_enabled": True, "is_helpbot_enabled": False, "is_technical_account": False,
        "contact_name_display_order": 1,
    }  # fmt: skip


@api.get("/v4/users")
def list_users() -> Response:
    admins_only()
    return collection("users", caller().account.users.values(), show_user, counted=True)


@api.get("/v4/users/<int:user_id>")
def read_user(user_id: int) -> Response:
    admins_only()
    user = caller().account.users.get(user_id)
    if user is None:
        raise Problem(404)
    return hal(show_user(user))


def show_user(user: Record) -> Record:
    extra = {"phone_number": user["phone_number"]} if "phone_number" in with_parts() else {}
    return {
        "id": user["id"], "name": user["name"], "email": user["email"], "lang": user["lang"], **extra,
        "rights": _rights(user), "_links": links(f"/users/{user['id']}"),
        "_embedded": {"roles": [], "groups": []},
    }  # fmt: skip


def _rights(user: Record) -> Record:
    letter = "A" if user["is_admin"] else user["letter"]
    cards = dict.fromkeys(("view", "edit", "add", "delete", "export"), letter)
    return {
        "leads": cards, "contacts": cards, "companies": cards, "tasks": {"edit": letter, "delete": letter},
        "mail_access": False, "catalog_access": user["is_admin"], "status_rights": None,
        "is_admin": user["is_admin"], "is_free": user["is_free"], "is_active": user["is_active"],
        "group_id": user["group_id"], "role_id": None,
    }  # fmt: skip


@api.get("/v4/leads/pipelines")
def list_pipelines() -> Response:
    return whole("pipelines", list(caller().account.pipelines.values()), show_pipeline, "/leads/pipelines")


@api.get("/v4/leads/pipelines/<int:pipeline_id>")
def read_pipeline(pipeline_id: int) -> Response:
    return found(caller().account.pipelines.get(pipeline_id), show_pipeline)


@api.get("/v4/leads/pipelines/<int:pipeline_id>/statuses")
def list_statuses(pipeline_id: int) -> Response:
    pipeline = caller().account.pipelines.get(pipeline_id)
    if pipeline is None:
        raise Problem(404)
    return whole("statuses", pipeline["statuses"], show_status, f"/leads/pipelines/{pipeline_id}/statuses")


def show_pipeline(pipeline: Record) -> Record:
    account = caller().account
    shown = {key: value for key, value in pipeline.items() if key != "statuses"}
    statuses = [show_status(status) for status in pipeline["statuses"]]
    return {
        **shown,
        "is_unsorted_on": account.unsorted_on and pipeline["is_unsorted_on"],
        "_links": links(f"/leads/pipelines/{pipeline['id']}"),
        "_embedded": {"statuses": statuses},
    }


def show_status(status: Record) -> Record:
    return {**status, "_links": links(f"/leads/pipelines/{status['pipeline_id']}/statuses/{status['id']}")}
