"""One connection to a PBX on panoramisk 1.4, from TCP to its loss.

panoramisk connects, numbers the actions and keeps their futures. Ours, because its own were found wrong: splitting
and reading of bytes (`wire`), pings, retries, and what becomes of actions when the connection is lost.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panoramisk
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol

from backend.pbx.address import PbxAddress, check_certificate, tls_context
from backend.pbx.errors import ActionRefused, ActionTimedOut, BadCommand, LinkDown, PbxError, PbxNeedsPerson, Trouble
from backend.pbx.link.rights import refusal
from backend.pbx.link.wire import Message, Wire

Fields = Mapping[str, str | Sequence[str]]

LINE_LIMIT = 1000  # bytes; a PBX refuses a client's line of 1024 ("line too long", Asterisk 16 and 22)
ACTIONS_AT_ONCE = 100  # more wait their turn here, so that a slow PBX cannot fill our buffers
LIST_LIMIT = 16 * 1024 * 1024  # characters in the rows of one list answer
PASSED_LIMIT = 64 * 1024 * 1024  # the same where the rows are passed on and not kept
# The one answer to a login that trying again cannot change: "Asterisk is shutting down" and "Login Already In Use" (by
# our own former connection, where a user may log in once) pass by themselves.
WRONG_LOGIN = "Authentication failed"
MD5 = {"AuthType": "MD5"}  # the one kind that AMI knows (Asterisk 16 and 22)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_UNSENDABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def check_fields(fields: Fields) -> None:
    """Raise BadCommand if these fields would not each become one line of AMI."""
    for name, values in fields.items():
        for value in [values] if isinstance(values, str) else values:
            if not _NAME.fullmatch(name) or _UNSENDABLE.search(value):
                raise BadCommand(f"{name}: line breaks and control characters cannot be sent to a PBX")
            if len(f"{name}: {value}".encode()) > LINE_LIMIT:
                raise BadCommand(f"{name}: too long for a PBX, at most {LINE_LIMIT} bytes")


class PendingAction(Action):  # type: ignore[misc]  # panoramisk has no types
    """An action and its answers so far; `whole` hears a list's rows in the very moment its last one comes, `each` every
    row, which is not kept then.

    Raises BadCommand for fields that cannot be sent.
    """

    def __init__(
        self,
        name: str,
        fields: Fields,
        *,
        whole: Callable[[list[Message]], None] | None = None,
        each: Callable[[Message], None] | None = None,
    ) -> None:
        check_fields({**fields, "Action": name})
        super().__init__({**fields, "Action": name})
        self.whole, self.each = whole, each
        self.room = PASSED_LIMIT if each else LIST_LIMIT

    def take(self, message: Message) -> bool:
        """Add one answer; true if it was the last."""
        self.room -= sum(map(len, message.values()))
        if self.room < 0:
            self.fail(ActionRefused(f"{self['Action']}: the PBX's answer is too long"))
            return True
        if self.each and "Event" in message and "EventList" not in message:
            self.each(message)
            return False
        is_last = bool(self.add_message(panoramisk.message.Message(message)))
        if is_last and self.whole and self.responses[0].success:
            self.whole(rows_of(self.responses))
        return is_last

    def fail(self, error: PbxError) -> None:
        """End the waiting; nobody has to be waiting."""
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()


def rows_of(answers: Sequence[Any]) -> list[Message]:
    """A list's rows: without the answer that opens it and the event that closes it."""
    return [dict(answer) for answer in answers[1:-1]]


class OnOurWire(AMIProtocol):  # type: ignore[misc]
    """panoramisk's protocol on our wire."""

    def __init__(self, connection: Connection, wire: Wire) -> None:
        self._connection = connection
        self._wire = wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.factory = self._connection
        self.responses: dict[str, PendingAction] = {}

    def data_received(self, data: bytes) -> None:
        self._connection.hear(data)
        for message in self._wire.feed(data):
            self._take(message)

    def _take(self, message: Message) -> None:
        asked = self.responses.get(message.get("ActionID", ""))
        if asked is not None and message.get("Event") != "OriginateResponse":
            if asked.take(message):
                self.responses.pop(asked.id, None)
        elif "Event" in message:
            self._connection.on_event(message)

    def close(self) -> None:
        """End at once: what was asked fails now, and a peer that takes nothing more cannot hold us."""
        unanswered, self.responses = self.responses, {}
        for asked in unanswered.values():
            asked.fail(LinkDown("the connection was lost before the PBX answered", trouble=Trouble.LOST))
        super().close()
        self.transport.abort()


class Connection(panoramisk.Manager):  # type: ignore[misc]
    """`on_event` hears every event; `tap` every byte; `lost` is done, with the reason, when it is over."""

    def __init__(
        self,
        address: PbxAddress,
        ip: str,
        *,
        wanted: Sequence[str],
        on_event: Callable[[Message], None],
        tap: Callable[[bytes], None] | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            loop=loop,
            host=ip,
            port=address.port,
            ssl=tls_context(address) or False,
            protocol_factory=lambda: OnOurWire(self, Wire(wanted)),
        )
        self.on_event = on_event
        self.lost: asyncio.Future[PbxError] = loop.create_future()
        self.heard_at = loop.time()
        self._address = address
        self._tap = tap
        self._turn = asyncio.Semaphore(ACTIONS_AT_ONCE)

    async def open(self) -> None:
        """Connect and log in. Raises LinkDown, NeedsPerson."""
        await self.reach()
        await self.log_in()

    async def reach(self) -> None:
        """Connect, with TLS if wanted; nothing is sent. Raises LinkDown, NeedsPerson."""
        try:
            await self.connect()
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message
            words = f"the PBX's certificate is not trusted: {why}"
            raise PbxNeedsPerson(words, trouble=Trouble.NOT_TRUSTED, detail=why) from error
        except OSError as error:
            why = error.strerror or str(error)
            trouble = Trouble.NO_TLS if isinstance(error, ssl.SSLError) else Trouble.NO_CONNECTION
            raise LinkDown(f"cannot connect: {why}", trouble=trouble, detail=why) from error
        if self._address.tls:
            check_certificate(self._address, self.protocol.transport.get_extra_info("ssl_object"))

    async def log_in(self) -> None:
        """With a digest of the password and the PBX's challenge: the password itself is never sent. Raises LinkDown,
        PbxNeedsPerson."""
        try:
            challenge = (await self.ask(PendingAction("Challenge", MD5)))[0].get("Challenge", "")
            key = hashlib.md5((challenge + self._address.secret).encode()).hexdigest()
            login = {**MD5, "Username": self._address.username, "Key": key, "Events": "on"}
            await self.ask(PendingAction("Login", login))
        except ActionRefused as error:
            if WRONG_LOGIN not in str(error):
                raise LinkDown(str(error), trouble=Trouble.NOT_NOW, detail=error.detail) from error
            words = f"the PBX refused the AMI user, his password or our address: {error}"
            raise PbxNeedsPerson(words, trouble=Trouble.WRONG_LOGIN) from error

    async def ask(self, asked: PendingAction, *, as_list: bool = False) -> list[Message]:
        """Send an action; its answer, and for a list the rows after it. Raises ActionRefused, LinkDown."""
        async with self._turn:
            if self.protocol.closed:
                raise LinkDown("the connection was lost before the action was sent", trouble=Trouble.LOST)
            try:
                answer = await self.send_action(asked, as_list=None if as_list else False)
            finally:
                self.protocol.responses.pop(asked.id, None)
        answers = answer if isinstance(answer, list) else [answer]
        if not answers[0].success:
            raise refusal(asked["Action"], answers[0].message)
        return [dict(one) for one in answers]

    def hear(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        if self._tap:
            self._tap(data)

    def connection_made(self, task: asyncio.Task[Any]) -> None:
        """Called when connecting ended, well or not; a failure is told to whoever awaits the task."""
        if not task.cancelled() and task.exception() is None:
            super().connection_made(task)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell it; whether to try again is the link's affair."""
        self.give_up(f"the connection broke: {error}" if error else "the PBX closed the connection")

    def give_up(self, why: str) -> None:
        """It is lost by our own will."""
        if not self.lost.done():
            self.lost.set_result(LinkDown(why, trouble=Trouble.LOST))

    def ping(self) -> None:
        """Nothing: the link pings, and wants an answer."""


async def within(seconds: float, asking: Any, what: str) -> Any:
    """Await with a deadline; ActionTimedOut when it passes."""
    try:
        async with asyncio.timeout(seconds):
            return await asking
    except TimeoutError as error:
        raise ActionTimedOut(f"{what}: no answer within {seconds:g} s", trouble=Trouble.SILENT) from error
