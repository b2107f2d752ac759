"""Tasks (docs/amocrm-contract.md §3.13)."""

from __future__ import annotations

from flask import Response

from sandbox.crm import php
from sandbox.crm.answers import (
    args,
    batch,
    batch_or_one,
    chosen_by,
    collection,
    found,
    hal,
    links,
    order,
    ref,
    within,
    written,
)
from sandbox.crm.context import act, caller
from sandbox.crm.gate import api
from sandbox.crm.state import Record
from sandbox.crm.validation import (
    Checker,
    Nullable,
    Schema,
    flag,
    integer,
    nested,
    one_of,
    request_id,
    text,
    text_or_number,
    user,
    user_or_robot,
    validate,
)

TASK: Schema = {
    "text": text(), "complete_till": integer, "entity_id": Nullable(integer),
    "entity_type": Nullable(one_of("leads", "contacts", "companies")), "task_type_id": one_of(1, 2),
    "responsible_user_id": user, "duration": integer, "is_completed": flag, "result": nested({"text": text()}),
    "created_by": user_or_robot, "updated_by": user_or_robot, "created_at": integer, "updated_at": integer,
    "request_id": text_or_number,
}  # fmt: skip


def _check_entity(checker: Checker, item: Record) -> None:
    if item.get("entity_id") is not None:
        table = checker.account.table(item.get("entity_type") or "leads")
        checker.require(item["entity_id"] in table, "NotSupportedChoice", "entity_id")


@api.get("/v4/tasks")
def list_tasks() -> Response:
    tasks = [task for task in caller().account.tasks.values() if _passes(task)]
    return collection("tasks", order(tasks, ("created_at", "complete_till", "id")), show_task)


def _passes(task: Record) -> bool:
    completed = php.first(args(), "filter", "is_completed")
    fits = completed is None or task["is_completed"] == (completed in ("1", "true"))
    named = all(chosen_by(task, key) for key in ("id", "responsible_user_id", "entity_type", "entity_id"))
    return fits and named and chosen_by(task, "task_type_id", name="task_type") and within(task, "updated_at")


@api.get("/v4/tasks/<int:task_id>")
def read_task(task_id: int) -> Response:
    return found(caller().account.tasks.get(task_id), show_task)


def show_task(task: Record) -> Record:
    return {**task, "result": task["result"] or [], "_links": links(f"/tasks/{task['id']}")}


@api.post("/v4/tasks")
def add_tasks() -> Response:
    items = batch()
    validate(caller().account, items, TASK, ("text", "complete_till"), _check_entity)
    made = [ref("tasks", _add(item)["id"], request_id=request_id(item, i)) for i, item in enumerate(items)]
    return written("tasks", made, "/tasks")


def _add(item: Record) -> Record:
    making = act()
    task = {
        "id": making.take_id("tasks"), "created_by": making.user_id, "updated_by": making.user_id,
        "created_at": making.now, "updated_at": making.now, "responsible_user_id": making.user_id, "group_id": 0,
        "entity_id": None, "entity_type": None, "is_completed": False, "task_type_id": 1, "duration": 0,
        "result": None, "account_id": making.account.id, **{k: v for k, v in item.items() if k != "request_id"},
    }  # fmt: skip
    making.account.tasks[task["id"]] = task
    making.hook("add_task", "task", "add", {k: task[k] for k in ("id", "text", "entity_id", "responsible_user_id")})
    return task


@api.patch("/v4/tasks")
@api.patch("/v4/tasks/<int:task_id>")
def change_tasks(task_id: int | None = None) -> Response:
    items = batch_or_one(task_id)

    def check(checker: Checker, item: Record) -> None:
        checker.require(item["id"] in checker.account.tasks, "NotSupportedChoice", "id")
        _check_entity(checker, item)

    validate(caller().account, items, {**TASK, "id": integer}, ("id",), check)
    changed = [_changed(item) for item in items]
    return hal(changed[0]) if task_id else written("tasks", changed, "/tasks")


def _changed(item: Record) -> Record:
    task = caller().account.tasks[item["id"]]
    task.update({**item, "updated_at": act().now, "updated_by": act().user_id})
    return ref("tasks", task["id"], updated_at=task["updated_at"])
