"""Inbox of CRM entities reported as changed, to be read again later (desk.phonebook.process_changes)."""

from __future__ import annotations

from collections.abc import Sequence

from backend.store.journal import account_work, wake
from backend.store.phonebook import change_inbox
from backend.store.phonebook.change_inbox import ReportedChange

KIND = "follow-phonebook"
CALL = "phonebook-news"  # the journal's call name for this work


def report(account_id: int, news: Sequence[ReportedChange]) -> None:
    """Entities to read again as soon as the account's live work allows. Does not commit; must be the transaction's last
    statement."""
    note(account_id, news)
    wake.wake(account_id)


def note(account_id: int, news: Sequence[ReportedChange]) -> None:
    """As `report`, from within the account's drain, which needs no wake-up."""
    if news:
        account_work.call_for(account_id, CALL, KIND, {})  # before the inbox: all lock in this order
        change_inbox.put(account_id, news)
