"""The phonebook's state for administrators: progress of the full sync, time left, and the source of changes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from backend.store import accounts
from backend.store.accounts import AccountState
from backend.store.phonebook import phonebook, syncs, webhooks
from backend.store.phonebook.syncs import Progress


class PhonebookState(StrEnum):
    """As in docs/api.md."""

    WAITING = "waiting"
    RUNNING = "running"
    CURRENT = "current"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phonebook:
    """Cards are contacts, companies and leads; `total` and `eta_seconds` are None while unknown, `total` may be an
    estimate during a sync. `rate` is the recent number of cards a second. Times are Unix seconds."""

    state: PhonebookState
    follows: str | None
    stage: str | None
    done: int
    total: int | None
    rate: float | None
    eta_seconds: int | None
    parties: int
    phones: int
    synced_at: int | None


def progress(account_id: int) -> Phonebook:
    """Raises LookupError for an unknown account."""
    account = accounts.find(account_id)
    if account is None:
        raise LookupError(f"no account {account_id}")
    sync = syncs.of(account_id)
    is_running = sync is not None and sync.ended_at is None and bool(sync.done or sync.expected)
    hook = webhooks.row_of(account_id)
    return Phonebook(
        state=_state(account.state, sync, is_running),
        follows=_follows(hook) if sync and sync.whole_at else None,
        stage=sync.entity if sync and is_running else None,
        done=sum(sync.done.values()) if sync else 0,
        total=_total(sync) if sync else None,
        rate=round(sync.rate, 1) if sync and sync.rate and is_running else None,
        eta_seconds=_eta(sync) if sync and is_running else None,
        synced_at=_synced_at(sync, hook),
        **phonebook.size(account_id),
    )


def _state(state: AccountState, sync: Progress | None, is_running: bool) -> PhonebookState:
    if state is not AccountState.CONNECTED:
        return PhonebookState.STOPPED
    if is_running:
        return PhonebookState.RUNNING
    return PhonebookState.CURRENT if sync and sync.whole_at else PhonebookState.WAITING


def _follows(hook: webhooks.HookRow | None) -> str:
    return "hooks" if hook and hook.is_heard else "polling"


def _total(sync: Progress) -> int | None:
    """Never less than the number done; None until every kind is counted."""
    if len(sync.expected) < len(syncs.KINDS):
        return None
    return sum(max(rows, sync.done.get(kind, 0)) for kind, rows in sync.expected.items())


def _eta(sync: Progress) -> int | None:
    total = _total(sync)
    if total is None or not sync.rate:
        return None
    return round((total - sum(sync.done.values())) / sync.rate)


def _synced_at(sync: Progress | None, hook: webhooks.HookRow | None) -> int | None:
    """The last time that amoCRM was read completely, or polled for all changes."""
    if sync is None or sync.whole_at is None:
        return None
    return round(max(sync.whole_at, hook.marks.get(webhooks.POLLED, 0) if hook else 0))
