"""The step that makes a follow-up task."""

from __future__ import annotations

from backend.amocrm import answers, models, requests
from backend.amocrm.errors import NeedsPerson, Rejected, Unexplained
from backend.calls.intents import AddTask
from backend.desk.crm_steps import other_calls, place, substitutes
from backend.desk.journal.job import Job


def add_task(job: Job) -> None:
    """At the call's place; a task without entity for a call that has none."""
    wanted: AddTask = job.intent
    entity, entity_id = place.home_of(job) or (None, None)
    if job.row.unclear and _found_own_task(job, wanted, entity, entity_id):
        return
    model = models.task(
        text=wanted.text, complete_till=wanted.due, entity=entity, entity_id=entity_id, user_id=wanted.employee
    )  # fmt: skip
    try:
        made = job.write(requests.add_tasks([model]), answers.made("tasks"))
    except (Rejected, NeedsPerson, Unexplained) as refusal:
        substitutes.work_around(job, refusal)
        return
    job.done(task=made.id)


def _found_own_task(job: Job, wanted: AddTask, entity: requests.Entity | None, entity_id: int | None) -> bool:
    """After an unclear end: a task with the same text and time, created since, that belongs to no other intent."""
    for task in answers.tasks(job.desk.send(requests.newest_tasks(entity, entity_id))):
        same = (task.text.split(), task.due, task.entity_id) == (wanted.text.split(), wanted.due, entity_id)
        if same and task.created_at >= job.since and not other_calls.have_made(job, "task", task.id):
            job.done(task=task.id)
            return True
    job.row.unclear = False
    return False
