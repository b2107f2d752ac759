"""What is said to have changed in the CRM, written down to be looked at again (desk.follow)."""

from __future__ import annotations

from collections.abc import Sequence

from backend.store.journal import account_work, wake
from backend.store.phonebook import change_inbox
from backend.store.phonebook.change_inbox import ReportedChange

KIND = "follow-phonebook"
CALL = "phonebook-news"  # the journal's place for it


def tell(account_id: int, news: Sequence[ReportedChange]) -> None:
    """To be looked at as soon as the account's live work allows. Does not commit; the transaction's last statement."""
    note(account_id, news)
    wake.wake(account_id)


def note(account_id: int, news: Sequence[ReportedChange]) -> None:
    """As `tell`, from within the account's drain, which finds it by itself."""
    if news:
        account_work.call_for(account_id, CALL, KIND, {})  # first: everybody holds its row before those of the news
        change_inbox.put(account_id, news)
