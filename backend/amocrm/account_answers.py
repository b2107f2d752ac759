"""Answers about the account itself: its name and country, its users, its stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backend.amocrm import values

VIEWED = ("leads", "contacts", "companies")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInfo:
    id: int
    name: str
    subdomain: str
    country: str
    current_user_id: int | None
    timezone: str
    is_unsorted_on: bool
    has_filters: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: int
    name: str
    is_active: bool
    is_admin: bool
    group_id: int | None = None
    views: dict[str, str] = field(default_factory=dict)
    """amoCRM's letter of the right to view, by entity type: A all, G their group's, M their own, D none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageInfo:
    pipeline_id: int
    pipeline_name: str
    status_id: int
    name: str
    sort: int
    is_main: bool
    is_unsorted: bool


def account(body: Any) -> AccountInfo:
    """Raises ValueError when the body has no account id, which everything else depends on."""
    whole = values.mapping(body)
    account_id = values.number(whole.get("id"))
    if account_id is None:
        raise ValueError("amoCRM's answer names no account")
    return AccountInfo(
        id=account_id,
        name=values.text(whole.get("name")),
        subdomain=values.text(whole.get("subdomain")),
        country=values.text(whole.get("country")),
        current_user_id=values.number(whole.get("current_user_id")),
        timezone=values.text(
            values.mapping(values.mapping(whole.get("_embedded")).get("datetime_settings")).get("timezone")
        ),
        is_unsorted_on=bool(whole.get("is_unsorted_on", True)),
        has_filters=bool(whole.get("is_api_filter_enabled")),
    )


def user(body: Any) -> User | None:
    item = values.mapping(body)
    rights = values.mapping(item.get("rights"))
    user_id = values.number(item.get("id"))
    if user_id is None:
        return None
    active, admin = bool(rights.get("is_active", True)), bool(rights.get("is_admin"))
    views = {kind: values.text(values.mapping(rights.get(kind)).get("view"))[:1] for kind in VIEWED}
    group_id = values.number(rights.get("group_id"))
    name = values.text(item.get("name"))
    return User(id=user_id, name=name, is_active=active, is_admin=admin, group_id=group_id, views=views)


def users(body: Any) -> tuple[User, ...]:
    return values.each(body, "users", user)


def stages(body: Any) -> tuple[StageInfo, ...]:
    """All stages of all pipelines that are not archived."""
    return tuple(
        stage
        for pipeline in values.embedded(body, "pipelines")
        if not pipeline.get("is_archive")
        for status in values.embedded(pipeline, "statuses")
        if (stage := _stage(pipeline, status)) is not None
    )


def _stage(pipeline: dict[str, Any], status: dict[str, Any]) -> StageInfo | None:
    pipeline_id, status_id = values.number(pipeline.get("id")), values.number(status.get("id"))
    if pipeline_id is None or status_id is None:
        return None
    return StageInfo(
        pipeline_id=pipeline_id,
        pipeline_name=values.text(pipeline.get("name")),
        status_id=status_id,
        name=values.text(status.get("name")),
        sort=values.number(status.get("sort")) or 0,
        is_main=bool(pipeline.get("is_main")),
        is_unsorted=values.number(status.get("type")) == 1,
    )
