"""Alerts administrators once per outage when the PBX link or the access to amoCRM is lost, and when it is back.

Without access to amoCRM only the widget can show the alert; once access is back, a task says how long it was lost.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backend.amocrm import answers, models, requests
from backend.amocrm.errors import Rejected
from backend.desk.crm_steps import other_calls
from backend.desk.health import alert_words
from backend.desk.journal.job import Job
from backend.store import accounts, db, outages, stream
from backend.store.journal import journal, wake
from backend.store.outages import Outage, OutageKind
from backend.store.settings import settings
from backend.store.stream import Topic
from backend.words import LANGUAGES

KIND = "alert"
PATIENCE = timedelta(minutes=2)  # a shorter outage is not reported: a restart, a new version
DUE = 3600  # seconds until the task is due


def watch() -> int:
    """Checks all accounts; returns the number of alerts. Commits. Only one process at a time does the work."""
    if not outages.alone():
        db.session.rollback()
        return 0
    troubles = {(each.account_id, each.kind.value): each for each in outages.present(PATIENCE)}
    going_on = outages.open_ones()
    known = {(each.account_id, each.kind) for each in going_on}
    outages.begin([each for key, each in troubles.items() if key not in known])
    told = 0
    for each in going_on:
        now = troubles.get((each.account_id, each.kind))
        told += _over(each) if now is None else _goes_on(each, now.trouble)
    db.session.commit()
    return told


def _goes_on(outage: Outage, trouble: str) -> int:
    now = datetime.now(UTC)
    outage.trouble = trouble or outage.trouble
    if outage.told_at or now - outage.began_at < PATIENCE:
        return 0
    outage.told_at = now
    if outage.kind != OutageKind.CRM:
        _put(outage, "began")
    return _notify(outage)


def _over(outage: Outage) -> int:
    if outage.told_at is None:
        outages.drop(outage)
        return 0
    outage.ended_at = datetime.now(UTC)
    _put(outage, "ended")
    return _notify(outage)


def _notify(outage: Outage) -> int:
    stream.notify(outage.account_id, Topic.ME)
    wake.wake(outage.account_id)
    return 1


def _put(outage: Outage, what: str) -> None:
    body = {"outage": outage.id, "what": what, "due": round(datetime.now(UTC).timestamp()) + DUE}
    journal.add_intent(outage.account_id, f"{KIND}:{outage.id}", KIND, body)


def shown(account_id: int, language: str) -> list[dict[str, Any]]:
    """The reported outages in progress, in the reader's language."""
    return [{**each, "message": each["message"][language]} for each in in_each_language(account_id)]


def in_each_language(account_id: int) -> list[dict[str, Any]]:
    """The same in every language, for readers whose languages are not known yet."""
    return [
        {
            "kind": each.kind,
            "since": round(each.began_at.timestamp()),
            "message": {language: alert_words.now(each.kind, each.trouble, language) for language in LANGUAGES},
        }
        for each in outages.reported(account_id)
    ]


def report(job: Job) -> None:
    """Adds one task when the outage begins. When it is over, completes that task; if there is none, adds one that says
    so."""
    outage = outages.find(job.desk.account_id, job.row.body["outage"])
    if outage is None or (job.row.body["what"] == "began" and outage.ended_at):
        job.done(told=False)  # over before it was reported
    elif job.row.body["what"] == "began":
        _add_task(job, alert_words.task(outage.kind, outage.trouble, _local(job, outage.began_at), _language(job)))
    else:
        _report_end(job, outage)


def _report_end(job: Job, outage: Outage) -> None:
    assert outage.ended_at is not None
    text = alert_words.back(outage.kind, _local(job, outage.began_at), _local(job, outage.ended_at), _language(job))
    made = [row.outcome.get("task") for row in journal.intents_of(job.desk.account_id, job.row.call) if row.outcome]
    task = next(filter(None, made), None)
    if task is None and outage.kind == OutageKind.CRM:
        _add_task(job, text)
    elif task is None:
        job.done(told=False)
    else:
        try:
            job.desk.send(requests.complete_task(task, text))
        except Rejected:  # a user deleted the task, so they know
            job.done(told=False)
        else:
            job.done(completed=task)


def _add_task(job: Job, text: str) -> None:
    if job.row.unclear and _found(job, text):
        return
    user = job.row.body.get("user", _recipient(job))
    model = models.task(text=text, complete_till=job.row.body["due"], user_id=user)
    try:
        made = job.write(requests.add_tasks([model]), answers.made("tasks"))
    except Rejected as refusal:
        if user is None or not refusal.concerns_employee:
            raise
        job.row.body = {**job.row.body, "user": None}  # the user has left: the task goes to the owner of the token
        return
    job.done(task=made.id)


def _found(job: Job, text: str) -> bool:
    """After an unclear end: a task with this text that belongs to no other intent."""
    for task in answers.tasks(job.desk.send(requests.newest_tasks(None, None))):
        ours = task.text.split() == text.split() and task.created_at >= job.since
        if ours and not other_calls.have_made(job, "task", task.id):
            job.done(task=task.id)
            return True
    job.row.unclear = False
    return False


def _recipient(job: Job) -> int | None:
    """The user who installed the integration, if still an administrator; else the first administrator; else the default
    employee."""
    account = accounts.find(job.desk.account_id)
    admins = accounts.admins(job.desk.account_id)
    installed_by = account.installed_by if account else None
    return installed_by if installed_by in admins else next(iter(admins), job.desk.rules.default_employee)


def _local(job: Job, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(settings.read(job.desk.account_id).zone))


def _language(job: Job) -> str:
    return job.desk.rules.language
