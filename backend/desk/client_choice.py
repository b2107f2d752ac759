"""Several cards have the number: an employee says which of them the client is, and the call follows."""

from __future__ import annotations

from typing import Any

from backend.calls import intents
from backend.calls.intents import MoveLead
from backend.calls.rules.case import shown
from backend.calls.rules.client import Client, Knowledge, Party, choose
from backend.desk.phonebook import lookup
from backend.store import db, popups
from backend.store.journal import journal, wake
from backend.store.journal.journal import CallRow
from backend.store.phonebook import choices


def choose_client(account_id: int, user_id: int, call: str, entity: str, card: int) -> None:
    """Writes the choice down for this number, and commits: from now on it is whom calls, popups and routes show. The
    call's note, while it is not written, and the lead that the call opened go there; a note that is written stays.

    Raises LookupError when the call has no popup of this user, or no such card has its number.
    """
    row = journal.lock_call(account_id, call)
    if row is None or user_id not in {popup.user_id for popup in popups.of_call(account_id, call)}:
        raise LookupError(f"user {user_id} has no popup of call {call}")
    if row.client is None or (entity, card) not in {(each.entity.value, each.id) for each in _parties(row)}:
        raise LookupError(f"{entity}/{card} does not have the number of call {call}")
    choices.choose(account_id, row.client, entity, card, user_id)
    parties = _parties(row)
    client = choose(Knowledge(parties=parties))
    _follow(row, client, entity, card)
    popups.change(account_id, call, _details(client, parties))
    wake.wake(account_id)
    db.session.commit()


def _parties(row: CallRow) -> tuple[Party, ...]:
    return lookup.parties(row.account_id, [row.client]).get(row.client, ()) if row.client else ()


def _follow(row: CallRow, client: Client, entity: str, card: int) -> None:
    if row.opened_lead:
        wanted = MoveLead(entity=entity, id=card)
        journal.add_intent(row.account_id, row.call, wanted.kind, intents.to_json(wanted))
    elif row.note is None and not row.part_of_record and (row.lead or row.contact or row.company):
        row.lead = client.lead.id if client.lead else None
        row.contact, row.company = client.contact, client.company


def _details(client: Client, parties: tuple[Party, ...]) -> dict[str, Any]:
    party, lead = client.party, client.lead
    assert party is not None
    link = {"id": lead.id, "name": lead.name, "price": lead.price, "stage": lead.stage} if lead else None
    card = {"party": {"entity": party.entity.value, "id": party.id}, "name": party.name, "company": party.company}
    rest = [shown(each) for each in parties if each != party]
    return {**card, "others": rest} | ({"lead": link} if link else {})
