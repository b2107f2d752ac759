"""The source of an account's access for the client: stored, renewed ahead of time and once, found again after a
rename."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from backend.amocrm.client import Access
from backend.amocrm.errors import AmoError, Need, NeedsPerson, Rejected, TryLater, Unclear
from backend.amocrm.oauth import Integration, Tokens, blames_integration

AHEAD = 0.75  # of its life: from then on a token is renewed, while it still works, by whoever keeps the accounts
LEAST_LIFE = 60.0  # seconds; a token this near its end is not used for a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The stored access of an account: its host and its tokens."""

    host: str
    tokens: Tokens


class Held(Protocol):
    """The account's tokens while this process holds their lock."""

    kept: Kept

    def keep(self, kept: Kept) -> None:
        """Commits new tokens before the lock is released."""


class Vault(Protocol):
    """The storage of one account's tokens, shared by all processes."""

    def read(self) -> Kept:
        """Raises NeedsPerson when the account waits for a person, TryLater while amoCRM bans us."""

    def hold(self) -> AbstractContextManager[Held]:
        """Locks the tokens against every other process and reads them again."""

    def refuse(self, refusal: NeedsPerson, kept: Kept | None = None) -> AmoError:
        """Writes down, committed, what the account waits for; what is to be raised: the refusal, or TryLater where it
        is not believed yet, or was said to other tokens (`kept`) than the account has by now."""


class Tokenkeeper:
    """The client's source of access (`client.AccessSource`). `clock` returns Unix seconds."""

    def __init__(self, vault: Vault, integration: Integration, clock: Callable[[], float]) -> None:
        self._vault = vault
        self._integration = integration
        self._clock = clock

    def current(self) -> Access:
        """Renewed here only when it has to be: ahead of time it is renewed beside the calls, not before one."""
        kept = self._vault.read()
        return self.renew(_access(kept)) if has_ended(kept.tokens, self._clock()) else _access(kept)

    def renew_ahead(self) -> None:
        """Raises as `current`."""
        self.renew(_access(self._vault.read()))

    def renew(self, stale: Access) -> Access:
        refused: Kept | None = None
        try:
            with self._vault.hold() as held:
                if held.kept.tokens.access == stale.token:
                    refused = held.kept
                    held.keep(self._renewed(held.kept))
                return _access(held.kept)
        except Unclear as error:
            raise TryLater(f"the renewal is not clear: {error}", status=error.status) from error
        except NeedsPerson as refusal:
            raise self._vault.refuse(refusal, refused) from refusal

    def relocate(self, stale: Access) -> Access:
        with self._vault.hold() as held:
            if held.kept.host == stale.host and (host := self._new_host(held.kept)):
                held.keep(Kept(host=host, tokens=held.kept.tokens))
            return _access(held.kept)

    def refused(self, refusal: NeedsPerson) -> AmoError:
        return self._vault.refuse(refusal)

    def _renewed(self, kept: Kept) -> Kept:
        if kept.tokens.refresh is None:
            raise NeedsPerson(Need.REAUTHORISE, "the long-lived token is no longer accepted")
        try:
            return Kept(host=kept.host, tokens=self._twice(kept.host, kept.tokens.refresh))
        except Rejected as refusal:
            if blames_integration(refusal):
                raise TryLater(f"our integration is refused: {refusal}", status=refusal.status) from refusal
            return self._elsewhere(kept, refusal)

    def _twice(self, host: str, refresh_token: str) -> Tokens:
        """After a lost answer the same refresh token is tried once more: amoCRM may not have received it (§1.3)."""
        try:
            return self._integration.renew(host, refresh_token)
        except Unclear:
            return self._integration.renew(host, refresh_token)

    def _elsewhere(self, kept: Kept, refusal: Rejected) -> Kept:
        """A refused refresh may only mean that the account was renamed: it is tried at the new host."""
        host = self._new_host(kept) if refusal.status in (401, 404) else None
        if host is None or kept.tokens.refresh is None:
            raise _refused(refusal)
        try:
            return Kept(host=host, tokens=self._integration.renew(host, kept.tokens.refresh))
        except Rejected as again:
            raise _refused(again) from again

    def _new_host(self, kept: Kept) -> str | None:
        """The account's host if it differs from the stored one."""
        if kept.tokens.refresh is None:
            return None
        found = self._integration.find_host(kept.tokens.api_domain, kept.tokens.refresh)
        return found if found != kept.host else None


def _refused(refusal: Rejected) -> AmoError:
    """A host that is not there has refused nothing."""
    if refusal.status == 404:
        return TryLater(str(refusal), status=404)
    return NeedsPerson(Need.REAUTHORISE, str(refusal), status=refusal.status)


def has_ended(tokens: Tokens, now: float) -> bool:
    return tokens.expires_at is not None and now >= tokens.expires_at - LEAST_LIFE


def _access(kept: Kept) -> Access:
    return Access(host=kept.host, token=kept.tokens.access)
