"""The phonebook's full sync, a page at a time, behind all live work and resumable at any page."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from backend.accounts import sync_mirrors
from backend.amocrm import answers, requests
from backend.amocrm.requests import Entity
from backend.desk import lookup
from backend.desk.job import Job
from backend.store import accounts, db, journal, phonebook

KIND = "sync-phonebook"
CALL = "phonebook"  # the journal's place for work that belongs to the account, not to a call
ORDER = (Entity.CONTACTS, Entity.COMPANIES, Entity.LEADS)

log = structlog.get_logger()


def start(account_id: int) -> None:
    """Writes a full sync down, unless one is under way; one that was refused makes room. Does not commit."""
    account = accounts.find(account_id)
    assert account is not None
    account.phonebook_sync_at = datetime.now(UTC)
    if not journal.make_room(account_id, CALL):
        first = {"round": round(time.time()), "entity": ORDER[0].value, "page": 1}
        journal.add_intent(account_id, CALL, KIND, first, backfill=True)


def sync_page(job: Job) -> None:
    """One page; then the next, the next kind, and at last what was not seen is forgotten."""
    at: dict[str, Any] = dict(job.row.body)
    entity = Entity(at["entity"])
    if entity is ORDER[0] and at["page"] == 1:
        job.desk.commit()
        sync_mirrors(job.desk.account_id, job.desk.crm)
    body = job.desk.send(requests.everything(entity, at["page"]))
    KEEP[entity](job, body, at["round"])
    if answers.may_have_more(body, entity.value):
        job.row.body = {**at, "page": at["page"] + 1}
    elif entity is not ORDER[-1]:
        job.row.body = {**at, "entity": ORDER[ORDER.index(entity) + 1].value, "page": 1}
    else:
        phonebook.forget_older(job.desk.account_id, at["round"])
        job.done(**phonebook.size(job.desk.account_id))
        log.info("phonebook synced", account=job.desk.account_id, **phonebook.size(job.desk.account_id))
    db.session.flush()


def _keep_contacts(job: Job, body: Any, round: int) -> None:
    found = [each for each in answers.contacts(body) if not each.is_deleted]
    country = job.desk.rules.country
    phonebook.put_parties(job.desk.account_id, [lookup.contact_party(each, country) for each in found], round)


def _keep_companies(job: Job, body: Any, round: int) -> None:
    found = [each for each in answers.companies(body) if not each.is_deleted]
    country = job.desk.rules.country
    phonebook.put_parties(job.desk.account_id, [lookup.company_party(each, country) for each in found], round)


def _keep_leads(job: Job, body: Any, round: int) -> None:
    found = [lookup.mirrored(job.desk.account_id, each) for each in answers.leads(body)]
    phonebook.put_leads(job.desk.account_id, found, round)


KEEP: dict[Entity, Callable[[Job, Any, int], None]] = {
    Entity.CONTACTS: _keep_contacts,
    Entity.COMPANIES: _keep_companies,
    Entity.LEADS: _keep_leads,
}
