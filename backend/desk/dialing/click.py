"""A click-to-call: the phones that ring, the popup before there is a call, and the end of a click that never became
one."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from backend.calls.facts import CallStarted, Direction
from backend.calls.intents import PopupState
from backend.calls.numbers import phones
from backend.calls.numbers.dialling import click_name, number_to_dial
from backend.calls.rules import policy
from backend.calls.rules.client import choose
from backend.calls.rules.rules import employee
from backend.desk.phonebook import lookup
from backend.store import commands, db, popups
from backend.store.commands import Command, CommandRow
from backend.store.popups import Popup
from backend.store.settings import settings

KIND = "call"
ON_ITS_WAY = (PopupState.CALLING.value, PopupState.DIALLING.value)
LONGEST = timedelta(minutes=10)  # an older click is never in progress, whatever its popup says


class CannotDial(Exception):
    """`kind` is a kind of refusal of docs/api.md."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickPlan:
    """The order for the PBX: `channels` by extension, in the order in which they are tried; `name` is for the
    employee's phone; `client` is a key of the phonebook, `number` the dialled number."""

    client: str
    number: str
    name: str
    channels: dict[str, str]
    context: str
    ring_seconds: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def plan(account_id: int, user_id: int, phone: str) -> ClickPlan:
    """A call from this user to a number in any spelling. Raises CannotDial, and LookupError for an unknown account."""
    chosen, rules = settings.read(account_id), settings.rules(account_id)
    dialling = chosen.dial.to_dialling()
    key = phones.key(phone, rules.country)
    number = number_to_dial(key, dialling, rules.country) if key else None
    if key is None or number is None:
        raise CannotDial("number_not_allowed")
    caller = employee(user_id, rules)
    if caller is None or not caller.extensions:
        raise CannotDial("no_extension")
    party = choose(lookup.knowledge(account_id, key)).party
    return ClickPlan(
        client=key,
        number=number,
        name=chosen.to_routing().on_phone(party.name if party else phones.spoken(key)),
        channels={each: dialling.channel_of(each) for each in caller.extensions},
        context=dialling.context,
        ring_seconds=dialling.ring_seconds,
    )


def order(account_id: int, user_id: int, request: str, plan: ClickPlan) -> CommandRow:
    """The call of this click, or that of an earlier click in progress; commits.

    Raises CannotDial when the request belongs to another user's click or to another command; TooOften.
    """
    commands.alone(account_id, f"{KIND} {user_id}")  # two clicks of one user may reach different processes
    row = commands.find(account_id, request) or _on_its_way(account_id, user_id)
    if row is None:
        fresh = Command(
            account_id=account_id, request=request, user_id=user_id, kind=KIND, call=click_name(request),
            body=plan.to_json(),
        )  # fmt: skip
        commands.order(fresh)
        row = commands.find(account_id, request)
    assert row is not None
    db.session.commit()
    if (row.user_id, row.kind) != (user_id, KIND):
        raise CannotDial("invalid")
    return row


def _on_its_way(account_id: int, user_id: int) -> CommandRow | None:
    """The user's last click-to-call, until the client answers it."""
    mine = (Popup.account_id == account_id, Popup.user_id == user_id, Popup.call == CommandRow.call)
    shown = select(Popup.call).where(*mine, Popup.state.in_(ON_ITS_WAY)).exists()
    query = select(CommandRow).where(
        CommandRow.account_id == account_id,
        CommandRow.user_id == user_id,
        CommandRow.kind == KIND,
        CommandRow.created_at > func.now() - LONGEST,
        CommandRow.state.in_(commands.WAITED) | shown,
    )
    return db.session.scalars(query.order_by(CommandRow.created_at.desc()).limit(1)).first()


def begin(command: Command, extension: str) -> None:
    """The employee's phone is about to ring: their popup shows the call from now on. Commits."""
    account_id, key = command.account_id, str(command.body["client"])
    rules = settings.rules(account_id)
    fact = CallStarted(
        call=command.call or "", at=time.time(), direction=Direction.OUTBOUND, client=key, did=None,
        extension=extension,
    )  # fmt: skip
    popup = policy.clicked(fact, lookup.with_earlier(account_id, key, fact.call), rules)
    users = [command.user_id]
    popups.show(account_id, fact.call, users, state=popup.state.value, details=popup.details, only_in=None)
    db.session.commit()


def fail(account_id: int, call: str, reason: str) -> None:
    """Ends a click that reached no phone: the popup shows the reason, and the CRM gets nothing. Commits."""
    calling = [PopupState.CALLING.value]
    popups.change(account_id, call, {"reason": reason}, state=PopupState.FAILED.value, only_in=calling)
    db.session.commit()


def fail_lost(account_id: int, living: Collection[str], before: float, reason: str) -> None:
    """Fails the clicks begun `before` (Unix seconds), except the `living` ones. Commits."""
    query = select(Popup.call, Popup.details["at"].as_float()).where(
        Popup.account_id == account_id,
        Popup.state == PopupState.CALLING.value,
        Popup.updated_at > func.now() - popups.RECENT,
    )
    for call, at in db.session.execute(query).all():
        if call not in living and (at or 0) < before:
            fail(account_id, call, reason)
