"""The phonebook's full sync, one request at a time, behind all live work and resumable at any request.

For each kind: its total, if unknown; all its pages; then a check of known entities that were not seen, because a page
can lose rows while others are deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from backend.amocrm import answers, requests, values
from backend.amocrm.errors import Rejected, TryLater
from backend.amocrm.requests import Entity
from backend.crm_access import sync_mirrors
from backend.desk.journal.job import Job
from backend.desk.phonebook import refresh, webhook
from backend.desk.phonebook.pages import Page
from backend.store import accounts
from backend.store.journal import journal
from backend.store.phonebook import phonebook, syncs

KIND = "sync-phonebook"
CALL = "phonebook"  # the journal's call name for work of the whole account
ORDER = (Entity.CONTACTS, Entity.COMPANIES, Entity.LEADS)
PREPARE, COUNT, READ, LOOK = "prepare", "count", "read", "look"
COUNT_FROM, COUNT_STEP = 1000, 4  # fewer are read before they are counted; each probe is so many times further
FEW, MOST_GONE = 20, 0.2  # cards, and the share of them, that a reading may lack and still be believed at once
NEAR = 1.2  # times the fewest there can be, a count is good enough
MOST_COUNTED = 50_000_000

log = structlog.get_logger()


def start(account_id: int) -> None:
    """Writes a full sync as work, unless one is under way; a refused one is replaced. Does not commit."""
    account = accounts.find(account_id)
    assert account is not None
    account.phonebook_sync_at = datetime.now(UTC)
    if not journal.make_room(account_id, CALL):
        this = max(round(time.time()), syncs.last_round(account_id) + 1)
        body = {"round": this, "step": PREPARE, "entity": ORDER[0].value}
        journal.add_intent(account_id, CALL, KIND, body, backfill=True)
        syncs.begin(account_id, this, ORDER[0].value)


def sync_step(job: Job) -> None:
    """One request, and the position to continue from. A position of another version, without a step, starts over."""
    at: dict[str, Any] = dict(job.row.body)
    step = at.get("step", PREPARE)
    following = STEPS[step](job, Entity(at["entity"]), at)
    if following is None:
        _end(job)
    else:
        job.row.body = {**{name: at[name] for name in ("round", "doubted") if name in at}, **following}


Place = dict[str, Any] | None


def _prepare(job: Job, entity: Entity, at: dict[str, Any]) -> Place:
    """With the webhook subscribed first, no change made during the reading is missed."""
    job.desk.commit()
    sync_mirrors(job.desk.account_id, job.desk.crm)
    webhook.subscribe(job.desk)
    return _begin(job, entity)


def _begin(job: Job, entity: Entity) -> Place:
    known = syncs.of(job.desk.account_id)
    is_counted = known is not None and entity.value in known.expected
    return _page(entity, Page()) if is_counted else _probe(entity, 0, None)


def _probe(entity: Entity, low: int, high: int | None) -> Place:
    return {"step": COUNT, "entity": entity.value, "low": low, "high": high}


def _count(job: Job, entity: Entity, at: dict[str, Any]) -> Place:
    """amoCRM gives no totals: asks for ever further rows until one is missing, then bisects."""
    low, high = at["low"], at["high"]
    number = max(low * COUNT_STEP, COUNT_FROM) if high is None else (low + high) // 2
    there = bool(values.embedded(job.desk.send(requests.nth(entity, number)), entity.value))
    low, high = (number, high) if there else (low, number)
    if low and (low >= MOST_COUNTED or (high is not None and high <= low * NEAR)):
        syncs.expect(job.desk.account_id, entity.value, (low + (high or low)) // 2)
    elif low or high is None:
        return _probe(entity, low, high)
    return _page(entity, Page())


def _page(entity: Entity, page: Page) -> Place:
    return {"step": READ, "entity": entity.value, "offset": page.offset, "size": page.size}


def _read(job: Job, entity: Entity, at: dict[str, Any]) -> Place:
    page = Page(at["offset"], at["size"]) if "offset" in at else Page()
    try:
        body = job.desk.send(requests.everything(entity, page.number, page.size))
    except TryLater as error:
        if smaller := page.after(error):
            job.row.body = {**at, "offset": smaller.offset, "size": smaller.size}
        raise
    found = refresh.read(entity, body)
    refresh.put(job.desk, entity, found, at["round"])
    syncs.move(job.desk.account_id, entity.value, max(len(found) - page.overlap, 0))
    if answers.may_have_more(body, entity.value, page.size):
        return _page(entity, page.next())
    _believe(job, entity, at)
    return {"step": LOOK, "entity": entity.value}


class TooMuchGone(Rejected):
    """A reading that lacks so much of what is known may be amoCRM's mistake: a second one has to say the same."""


def _believe(job: Job, entity: Entity, at: dict[str, Any]) -> None:
    """Raises TooMuchGone, once: what then comes is another reading from the beginning."""
    known, unseen = phonebook.seen_and_unseen(job.desk.account_id, entity.value, at["round"])
    if unseen <= max(FEW, known * MOST_GONE) or at.get("doubted") == entity.value:
        return
    job.row.body = {"round": at["round"] + 1, "step": READ, "entity": entity.value, "doubted": entity.value}
    syncs.read_again(job.desk.account_id, at["round"] + 1, entity.value)
    words = f"the phonebook would lose {unseen} of {known} {entity.value}: it is kept, and they are read again"
    raise TooMuchGone(words, status=200)


def _look(job: Job, entity: Entity, at: dict[str, Any]) -> Place:
    unseen = phonebook.unseen(job.desk.account_id, entity.value, at["round"], refresh.AT_ONCE)
    if unseen:
        refresh.read_again(job.desk, entity, unseen)
        return {"step": LOOK, "entity": entity.value}
    syncs.finish(job.desk.account_id, entity.value)
    return None if entity is ORDER[-1] else _begin(job, ORDER[ORDER.index(entity) + 1])


STEPS: dict[str, Callable[[Job, Entity, dict[str, Any]], Place]] = {
    PREPARE: _prepare, COUNT: _count, READ: _read, LOOK: _look,
}  # fmt: skip


def _end(job: Job) -> None:
    syncs.end(job.desk.account_id)
    size = phonebook.size(job.desk.account_id)
    job.done(**size)
    log.info("phonebook synced", account=job.desk.account_id, **size)
