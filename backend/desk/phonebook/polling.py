"""Polls amoCRM for changes: often without webhooks; with them seldom, in case a delivery was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from backend.amocrm import answers, history, requests
from backend.amocrm.errors import Rejected, TryLater, Unexplained
from backend.amocrm.requests import Entity
from backend.crm_access import sync_mirrors
from backend.desk.journal.job import CLOCKS_APART, Job
from backend.desk.phonebook import change_inbox, process_changes, refresh
from backend.desk.phonebook.pages import Page
from backend.store.journal import account_work
from backend.store.phonebook import phonebook, syncs, webhooks
from backend.store.phonebook.change_inbox import ReportedChange

KIND = "poll-phonebook"
CALL = "phonebook-poll"
OFTEN, SELDOM = 45.0, 600.0  # seconds between two polls: without webhooks, and with them
MIRRORS, HISTORY, RECORDS = "mirrors", "history", "records"
CARDS = (Entity.CONTACTS, Entity.COMPANIES, Entity.LEADS)
ORDER = (MIRRORS, *(each.value for each in CARDS), HISTORY, RECORDS)
MIRRORS_EVERY = 3600  # seconds: employees and stages change seldom
MIRRORS_TRUSTED = 60  # seconds: what was read so lately is not read again, whatever amoCRM says of it
NO_ROUTE = 404
OVERLAP = 10  # seconds: what is written in the same second may be seen later
LATE = 120  # seconds a webhook may take, clocks apart
Step = tuple[int, bool]  # up to which change this kind is known now, and whether there is another page

log = structlog.get_logger()

FIRST: dict[str, Any] = {"at": ORDER[0], "high": 0}


def reread_users(account_id: int) -> None:
    """amoCRM does not know a user or a stage that we know: all of them are read again, after the live calls.
    Does not commit."""
    if time.time() - webhooks.mark(account_id, MIRRORS, 0) > MIRRORS_TRUSTED:
        webhooks.set_mark(account_id, MIRRORS, 0)
        account_work.call_for(account_id, CALL, KIND, FIRST)


def poll(job: Job) -> None:
    """One request: the recent changes of one kind, then of the next kind. Marks keep how far each kind was read."""
    at = dict(job.row.body)
    name, page = at["at"], Page(at["offset"], at["size"]) if "offset" in at else Page()
    since = webhooks.mark(job.desk.account_id, name, _beginning(job.desk.account_id))
    try:
        high, goes_on = STEPS[name](job, page, since)
    except TryLater as trouble:
        if name in CARDS and (smaller := page.after(trouble)):
            job.row.body = _placed(at, smaller)
        raise
    high = max(high, at["high"], since)
    if goes_on:
        job.row.body = {**_placed(at, page.next()), "high": high}
        return
    webhooks.set_mark(job.desk.account_id, name, high)
    if name == ORDER[-1]:
        webhooks.set_mark(job.desk.account_id, webhooks.POLLED, round(time.time()))
        job.done()
    else:
        job.row.body = {"at": ORDER[ORDER.index(name) + 1], "high": 0}


def _placed(at: dict[str, Any], page: Page) -> dict[str, Any]:
    return {**at, "offset": page.offset, "size": page.size}


def _mirrors(job: Job, page: Page, since: int) -> Step:
    """Employees and stages; where the token may not read them administrators are told."""
    now = round(time.time())
    if now - since < MIRRORS_EVERY:
        return since, False
    job.desk.commit()
    sync_mirrors(job.desk.account_id, job.desk.crm)
    return now, False


def _cards(entity: Entity) -> Callable[[Job, Page, int], Step]:
    def step(job: Job, at: Page, since: int) -> Step:
        body = job.desk.send(requests.changed(entity, at.number, at.size))
        cards = refresh.read(entity, body)
        fresh = [each for each in cards if each.updated_at >= since - OVERLAP]
        changed = {each.id for each in refresh.put(job.desk, entity, fresh)}
        written = [each for each in fresh if each.id in changed]
        refresh.look_at_leads(job.desk, entity, written)
        _compare(job.desk.account_id, written)
        goes_on = len(fresh) == len(cards) and answers.may_have_more(body, entity.value, at.size)
        return max((each.updated_at for each in fresh), default=0), goes_on

    return step


def _compare(account_id: int, changed: Sequence[Any]) -> None:
    """A change that no webhook delivery reported means that webhooks do not work: from now on polling is frequent."""
    heard = webhooks.of(account_id).last_heard.timestamp()
    if any(heard + LATE < each.updated_at < time.time() - LATE for each in changed):
        webhooks.miss(account_id)


def _history(job: Job, page: Page, since: int) -> Step:
    """What is gone, and what was joined: lists do not show it."""
    try:
        body = job.desk.send(requests.history(history.UNSEEN, since - OVERLAP, page.number))
    except (Rejected, Unexplained, TryLater) as refusal:  # the nightly full sync sees it too
        if isinstance(refusal, TryLater) and refusal.status != NO_ROUTE:
            raise
        log.warning("no history", account=job.desk.account_id, why=str(refusal))
        return since, False
    events = history.events(body)
    change_inbox.note(
        job.desk.account_id, [ReportedChange(entity=each.entity.value, id=str(each.entity_id)) for each in events]
    )
    high = max((round(time.time()) - CLOCKS_APART, *(each.at for each in events)))
    return high, answers.may_have_more(body, "events", requests.EVENTS)


def _records(job: Job, page: Page, since: int) -> Step:
    """Which unsorted records do not wait any more, and which have come from other sources; when too many wait to be
    seen at once, their use tells."""
    account_id, is_first = job.desk.account_id, since <= _beginning(job.desk.account_id)
    known = phonebook.waiting_records(account_id)
    if not (known or job.desk.rules.uses_other_records):
        return since, False
    body = job.desk.send(requests.unsorted_records(None))
    waiting = answers.unsorted_records(body)
    if not answers.may_have_more(body, "unsorted"):
        for uid in set(known) - {each.uid for each in waiting}:
            process_changes.drop_record(account_id, uid)
    new = [each for each in waiting if each.uid not in known and (is_first or each.created_at >= since - OVERLAP)]
    change_inbox.note(
        account_id, [ReportedChange(entity=process_changes.UNSORTED, id=each.uid, is_new=True) for each in new]
    )
    return max((since, *(each.created_at for each in waiting))), False


STEPS: dict[str, Callable[[Job, Page, int], Step]] = {
    MIRRORS: _mirrors, **{each.value: _cards(each) for each in CARDS}, HISTORY: _history, RECORDS: _records,
}  # fmt: skip


def _beginning(account_id: int) -> int:
    """Start of the first polling: changes since the last full sync began."""
    progress = syncs.of(account_id)
    assert progress is not None
    return int(progress.began_at) - CLOCKS_APART
