"""Sends requests to one account and sorts its errors. Bodies are in `requests`, their answers in `answers`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import requests as http
from urllib3.exceptions import NewConnectionError

from backend.amocrm import outcome, requests
from backend.amocrm.errors import AmoError, Need, NeedsPerson, TryLater, Unclear
from backend.amocrm.hosts import Hosts
from backend.amocrm.outcome import Reply
from backend.amocrm.requests import Request

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 20.0  # as amoCRM's own client waits (docs/amocrm-contract.md §1.5)
LARGEST_ANSWER = 16 * 1024 * 1024  # a page of 250 full leads is about 2 MB
USER_AGENT = "PhoneStation/0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The account's current host and its access token."""

    host: str
    token: str


class AccessSource(Protocol):
    """Source of access: the account's tokens, renewed as needed and shared by all processes."""

    def current(self) -> Access:
        """Raises NeedsPerson when the account waits for a person, TryLater when no token is available now."""

    def renew(self, stale: Access) -> Access:
        """After a 401: a token other than the stale one. Raises as `current`."""

    def relocate(self, stale: Access) -> Access:
        """After a 404: the account may have been renamed to another host; otherwise the same access."""

    def refused(self, refusal: NeedsPerson) -> AmoError:
        """Writes down that a person is needed; what is to be raised: the refusal, or TryLater while it is not believed
        yet."""


class ApiClient:
    """The connection to one account. `pace` is called before each request and may wait; `seen` after each answer.

    Use a client from one thread at a time, and hold no lock on the account's rows while sending: a token may have to be
    renewed on the way.
    """

    def __init__(
        self,
        source: AccessSource,
        *,
        hosts: Hosts,
        session: http.Session | None = None,
        pace: Callable[[], None] = lambda: None,
        seen: Callable[[Request, int], None] = lambda request, status: None,
    ) -> None:
        self._source = source
        self._hosts = hosts
        self._session = session or hosts.session()
        self._pace = pace
        self._seen = seen
        self._looked = False
        self._is_let_in = False

    def send(self, request: Request) -> Any:
        """The answer's JSON; None for an empty answer (204, or 404 to a read).

        Raises TryLater, Unclear, NeedsPerson, Rejected (see `errors`).
        """
        access = self._source.current()
        try:
            return self._send(request, access)
        except NeedsPerson as refusal:
            if refusal.need is Need.REAUTHORISE or (request.is_extra and refusal.need in (Need.RIGHTS, Need.UNPAID)):
                raise  # of the first the source knows
            raise self._source.refused(self._understood(request, access, refusal)) from refusal

    def close(self) -> None:
        self._session.close()

    def _send(self, request: Request, access: Access) -> Any:
        reply = self._exchange(request, access)
        if reply.status == 401:
            reply = self._exchange(request, self._source.renew(access))
        elif outcome.may_be_elsewhere(reply) and (moved := self._moved(access)):
            reply = self._exchange(request, moved)
        found = outcome.result(request, reply)
        self._is_let_in = True
        return found

    def _understood(self, request: Request, access: Access, refusal: NeedsPerson) -> NeedsPerson:
        """What everybody may read says whether a 403 is a missing right or a ban (docs/amocrm-contract.md §3.1)."""
        if refusal.need is not Need.RIGHTS or self._is_let_in:
            return refusal
        probe = requests.account()
        if request.path != probe.path and self._exchange(probe, access).status != 403:
            self._is_let_in = True
            return refusal
        return NeedsPerson(Need.BLOCKED, refusal.detail, status=refusal.status, trace=refusal.trace)

    def _moved(self, access: Access) -> Access | None:
        """The new access of a renamed account; checked once per client, because a 404 often has no other meaning."""
        if self._looked:
            return None
        self._looked = True
        found = self._source.relocate(access)
        return found if found.host != access.host else None

    def _exchange(self, request: Request, access: Access) -> Reply:
        self._pace()
        reply = exchange(
            self._session,
            request.method,
            self._hosts.origin(access.host) + request.path,
            query=request.query,
            body=request.body,
            headers={"Authorization": f"Bearer {access.token}"},
            patience=request.patience,
        )
        self._seen(request, reply.status)
        return reply


def exchange(
    session: http.Session,
    method: str,
    url: str,
    *,
    query: tuple[tuple[str, str], ...] = (),
    body: Any = None,
    headers: dict[str, str] | None = None,
    patience: float | None = None,
) -> Reply:
    """One request and its complete answer, of any status, within `patience` or TOTAL_SECONDS.

    Raises TryLater when it was not sent (or was a read), Unclear when amoCRM may have done it.
    """
    seconds = TOTAL_SECONDS if patience is None else patience
    deadline = time.monotonic() + seconds
    try:
        with session.request(
            method,
            url,
            params=query,
            data=None if body is None else json.dumps(body, ensure_ascii=False).encode(),
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json", **(headers or {})},
            timeout=(min(CONNECT_SECONDS, seconds), seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            return Reply(
                status=response.status_code,
                body=_read(response, deadline),
                content_type=response.headers.get("Content-Type", ""),
                retry_after=response.headers.get("Retry-After", ""),
                trace=response.headers.get("X-Request-Id"),
            )
    except http.RequestException as error:
        raise _lost(method, error) from error


def _read(response: http.Response, deadline: float) -> bytes:
    whole = bytearray()
    for piece in response.iter_content(64 * 1024):
        whole += piece
        if len(whole) > LARGEST_ANSWER or time.monotonic() > deadline:
            raise http.exceptions.ChunkedEncodingError("the answer is too long or too slow")
    return bytes(whole)


def _lost(method: str, error: http.RequestException) -> AmoError:
    detail = f"no answer: {type(error).__name__}"
    return TryLater(detail) if method == "GET" or _was_not_sent(error) else Unclear(detail)


def _was_not_sent(error: http.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    refused = isinstance(getattr(cause, "reason", None), NewConnectionError)
    return refused or isinstance(error, http.exceptions.ConnectTimeout | http.exceptions.ProxyError)
