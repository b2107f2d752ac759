"""What is said to have changed in the CRM, written down to be looked at again (desk.follow)."""

from __future__ import annotations

from collections.abc import Sequence

from backend.store import phonebook_news, standing, wake
from backend.store.phonebook_news import News

KIND = "follow-phonebook"
CALL = "phonebook-news"  # the journal's place for it


def tell(account_id: int, news: Sequence[News]) -> None:
    """To be looked at as soon as the account's live work allows. Does not commit; the transaction's last statement."""
    note(account_id, news)
    wake.wake(account_id)


def note(account_id: int, news: Sequence[News]) -> None:
    """As `tell`, from within the account's drain, which finds it by itself."""
    if news:
        standing.call_for(account_id, CALL, KIND, {})  # first: everybody holds its row before those of the news
        phonebook_news.put(account_id, news)
