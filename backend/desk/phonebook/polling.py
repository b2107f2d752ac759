"""Polls amoCRM for changes: often without webhooks; with them seldom, in case a delivery was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from backend.amocrm import answers, history, requests
from backend.amocrm.errors import Need, NeedsPerson, Rejected
from backend.amocrm.requests import Entity
from backend.calls.rules import rules
from backend.crm_access import sync_mirrors
from backend.desk.journal.job import CLOCKS_APART, Job
from backend.desk.phonebook import change_inbox, process_changes, refresh
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
MIRRORS_TRUSTED = 60  # seconds: mirrors read so recently are not read again, whatever amoCRM answers
OVERLAP = 10  # seconds: changes written in the same second may become visible later
LATE = 120  # seconds a webhook may take, including a difference of clocks
Step = tuple[int, bool]  # the time up to which this kind's changes are known, and whether there is another page

log = structlog.get_logger()

FIRST: dict[str, Any] = {"at": ORDER[0], "page": 1, "high": 0}


def look_at_people(account_id: int) -> None:
    """Reads all employees and stages again, behind live work, because amoCRM reported one as unknown. Does not
    commit."""
    if time.time() - webhooks.mark(account_id, MIRRORS, 0) > MIRRORS_TRUSTED:
        webhooks.set_mark(account_id, MIRRORS, 0)
        account_work.call_for(account_id, CALL, KIND, FIRST)


def stand_in(job: Job, user_id: int) -> int | None:
    """The substitute for a user whom amoCRM reports as unknown. Does not commit."""
    look_at_people(job.desk.account_id)
    return rules.stand_in(user_id, job.desk.rules)


def poll(job: Job) -> None:
    """One request: the recent changes of one kind, then of the next kind. Marks keep how far each kind was read."""
    at = dict(job.row.body)
    name, page = at["at"], at["page"]
    since = webhooks.mark(job.desk.account_id, name, _beginning(job.desk.account_id))
    high, goes_on = STEPS[name](job, page, since)
    high = max(high, at["high"], since)
    if goes_on:
        job.row.body = {**at, "page": page + 1, "high": high}
        return
    webhooks.set_mark(job.desk.account_id, name, high)
    if name == ORDER[-1]:
        webhooks.set_mark(job.desk.account_id, webhooks.POLLED, round(time.time()))
        job.done()
    else:
        job.row.body = {"at": ORDER[ORDER.index(name) + 1], "page": 1, "high": 0}


def _mirrors(job: Job, page: int, since: int) -> Step:
    """Employees and stages; a token without the right to read them is reported elsewhere."""
    now = round(time.time())
    if now - since < MIRRORS_EVERY:
        return since, False
    job.desk.commit()
    try:
        sync_mirrors(job.desk.account_id, job.desk.crm)
    except NeedsPerson as refusal:
        if refusal.need is not Need.RIGHTS:
            raise
    return now, False


def _cards(entity: Entity) -> Callable[[Job, int, int], Step]:
    def step(job: Job, page: int, since: int) -> Step:
        body = job.desk.send(requests.changed(entity, page))
        cards = refresh.read(entity, body)
        fresh = [each for each in cards if each.updated_at >= since - OVERLAP]
        changed = {each.id for each in refresh.put(job.desk, entity, fresh)}
        written = [each for each in fresh if each.id in changed]
        refresh.look_at_leads(job.desk, entity, written)
        _compare(job.desk.account_id, written)
        goes_on = len(fresh) == len(cards) and answers.may_have_more(body, entity.value)
        return max((each.updated_at for each in fresh), default=0), goes_on

    return step


def _compare(account_id: int, changed: Sequence[Any]) -> None:
    """A change that no webhook delivery reported means that webhooks do not work: from now on polling is frequent."""
    heard = webhooks.of(account_id).last_heard.timestamp()
    if any(heard + LATE < each.updated_at < time.time() - LATE for each in changed):
        webhooks.miss(account_id)


def _history(job: Job, page: int, since: int) -> Step:
    """Deletions and merges: lists do not show them."""
    try:
        body = job.desk.send(requests.history(history.UNSEEN, since - OVERLAP, page))
    except Rejected as refusal:  # the nightly full sync finds it too
        log.warning("no history", account=job.desk.account_id, why=str(refusal))
        return since, False
    events = history.events(body)
    change_inbox.note(
        job.desk.account_id, [ReportedChange(entity=each.entity.value, id=str(each.entity_id)) for each in events]
    )
    high = max((round(time.time()) - CLOCKS_APART, *(each.at for each in events)))
    return high, answers.may_have_more(body, "events", requests.EVENTS)


def _records(job: Job, page: int, since: int) -> Step:
    """Finds the unsorted records of this service that no longer wait. If too many wait for one listing, using a record
    shows it."""
    ours = phonebook.waiting_records(job.desk.account_id)
    if ours:
        body = job.desk.send(requests.unsorted_records(None))
        waiting = {each.uid for each in answers.unsorted_records(body)}
        if not answers.may_have_more(body, "unsorted"):
            for uid in ours:
                if uid not in waiting:
                    process_changes.drop_record(job.desk.account_id, uid)
    return since, False


STEPS: dict[str, Callable[[Job, int, int], Step]] = {
    MIRRORS: _mirrors, **{each.value: _cards(each) for each in CARDS}, HISTORY: _history, RECORDS: _records,
}  # fmt: skip


def _beginning(account_id: int) -> int:
    """Start of the first polling: changes since the last full sync began."""
    progress = syncs.of(account_id)
    assert progress is not None
    return int(progress.began_at) - CLOCKS_APART
