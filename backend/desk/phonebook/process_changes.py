"""Processes the inbox of reported changes: reads the entities again, behind all live work."""

from __future__ import annotations

from collections.abc import Sequence

from backend.amocrm import answers, hooks, requests
from backend.amocrm.requests import Entity
from backend.calls.numbers import phones
from backend.desk.journal.job import Desk, Job
from backend.desk.phonebook import lookup, refresh
from backend.desk.phonebook.change_inbox import note
from backend.store.journal import account_work
from backend.store.phonebook import change_inbox, phonebook
from backend.store.phonebook.change_inbox import InboxEntry, ReportedChange

UNSORTED = "unsorted"


def follow(job: Job) -> None:
    """Reads some entities of one kind; done when the inbox is empty."""
    account_work.hold(job.row)
    reported = change_inbox.oldest(job.desk.account_id, refresh.AT_ONCE)
    if not reported:
        job.done()
        return
    kind = reported[0].entity
    settled = _look_at_records(job.desk, reported) if kind == UNSORTED else _look_at_cards(job.desk, kind, reported)
    change_inbox.forget(job.desk.account_id, settled)


def _look_at_cards(desk: Desk, kind: str, reported: Sequence[InboxEntry]) -> list[InboxEntry]:
    if kind == hooks.PARTIES:
        return _sort_parties(desk.account_id, reported)
    entity = Entity(kind)
    stale = [each for each in reported if not (each.is_new and phonebook.has(desk.account_id, kind, int(each.id)))]
    if not stale:  # this service's own write or a repeated report: the stored version is not older
        return list(reported)
    seen = refresh.read_again(desk, entity, [int(each.id) for each in stale])
    return [each for each in reported if each not in stale or int(each.id) in seen]


def _sort_parties(account_id: int, reported: Sequence[InboxEntry]) -> list[InboxEntry]:
    """Deletions do not name the kind: only known entities can be deleted."""
    for each in reported:
        kinds = phonebook.party_kinds(account_id, int(each.id))
        note(account_id, [ReportedChange(entity=kind, id=each.id) for kind in kinds])
    return list(reported)


def _look_at_records(desk: Desk, told: Sequence[InboxEntry]) -> list[InboxEntry]:
    """One that does not wait any more: its lead and contact are ordinary now, or gone. Or a new one of another source:
    it is the client's who calls next with its number."""
    known = [each for each in told if phonebook.waiting_record(desk.account_id, each.id)]
    new = [each for each in told if each.is_new and each not in known] if desk.rules.uses_other_records else []
    to_look_at = [*known, *new]
    if not to_look_at:
        return list(told)
    first = to_look_at[0]
    record = answers.unsorted_record(desk.send(requests.unsorted_record(first.id)))
    if record is None:
        drop_record(desk.account_id, first.id)
    elif first in new:
        _learn(desk, record)
    return [each for each in told if each not in to_look_at[1:]]


def _learn(desk: Desk, record: answers.UnsortedRecord) -> None:
    """By the numbers of its contact, which lists do not show yet, and the one it names itself."""
    lead, contact = next(iter(record.lead_ids), None), next(iter(record.contact_ids), None)
    person = answers.contact(desk.send(requests.contact(contact))) if contact else None
    told = (record.phone, *(person.phones if person else ()))
    for phone in lookup.keys_of(told, desk.rules.country):
        if lead and phones.is_outside(phone):
            phonebook.learn_waiting(desk.account_id, phone, record.uid, lead, contact)


def drop_record(account_id: int, uid: str) -> None:
    """Forgets a record that no longer waits. Does not commit."""
    record = phonebook.waiting_record(account_id, uid)
    if record is None:
        return
    cards = [ReportedChange(entity=Entity.LEADS.value, id=str(record.lead))]
    if record.contact:
        cards.append(ReportedChange(entity=Entity.CONTACTS.value, id=str(record.contact)))
    note(account_id, cards)
    phonebook.drop_waiting(account_id, uid)
