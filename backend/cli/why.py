"""`python -m backend why`: why a call did what it did, or what a call would do now."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import select

from backend import create_app
from backend.calls import intents
from backend.calls.facts import CallAnswered, CallEnded, Direction, Fact, Reason, Result
from backend.calls.numbers import phones
from backend.calls.rules import policy
from backend.cli.common import account_id
from backend.config import StartError, load_settings
from backend.desk.pbx import routing
from backend.desk.phonebook import lookup
from backend.store import db, popups
from backend.store.journal import journal
from backend.store.journal.journal import CallRow, FactRow, IntentRow
from backend.store.settings import settings


def main(arguments: Sequence[str]) -> int:
    """Raises StartError for a call or account that is not there."""
    asked = _parser().parse_args(arguments)
    with create_app(load_settings()).app_context():
        lines = _what_if(asked) if asked.dry_run else _why(asked.call, asked.account)
        for line in lines:
            print(line)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend why", description=__doc__)
    parser.add_argument("call", nargs="?", help="the call, as the journal, the logs and its note name it")
    parser.add_argument("--account", type=account_id, help="the amoCRM account; needed with --dry-run")
    parser.add_argument("--dry-run", action="store_true", help="what would happen if this number called now")
    parser.add_argument("--from", dest="client", help="the client's number, in any spelling")
    parser.add_argument("--to", dest="did", help="the number that is dialled (DID)")
    parser.add_argument("--outbound", action="store_true", help="the client is called, not calling")
    parser.add_argument("--by", dest="extension", help="the extension that talks; without it nobody does")
    return parser


def _why(call: str | None, account_id: int | None) -> Iterator[str]:
    if call is None:
        raise StartError("name a call, or ask with --dry-run --account … --from …")
    query = select(CallRow).where(CallRow.call == call)
    rows = db.session.scalars(query if account_id is None else query.where(CallRow.account_id == account_id)).all()
    if not rows:
        raise StartError(f"no call {call}" + (f" in account {account_id}" if account_id else ""))
    for row in rows:
        yield from _told(row)


def _told(call: CallRow) -> Iterator[str]:
    dialled = f", dialled {call.did}" if call.did else ""
    yield f"account {call.account_id}: {call.direction} call {call.call}, client {phones.spoken(call.client)}{dialled}"
    for fact in journal.facts_of(call.account_id, call.call):
        yield _fact_line(fact)
        yield from (f"    because {reason}" for reason in fact.reasons)
    for intent in journal.intents_of(call.account_id, call.call):
        yield _intent_line(intent)
    for popup in popups.of_call(call.account_id, call.call):
        yield f"  popup  {popup.user_id}: {popup.state}"


def _fact_line(fact: FactRow) -> str:
    extension = fact.body.get("extension")
    result = fact.body.get("result")
    more = " ".join(str(each) for each in (result, fact.body.get("reason"), extension) if each)
    return f"  {datetime.fromtimestamp(fact.at, UTC):%Y-%m-%d %H:%M:%S}Z  {fact.kind} {more}".rstrip()


def _intent_line(intent: IntentRow) -> str:
    outcome = ", ".join(f"{name} {value}" for name, value in (intent.outcome or {}).items() if value)
    state = f"{intent.state}: {outcome}" if outcome else intent.state
    return f"  intent {intent.kind}: {state}" + (f" ({intent.error})" if intent.error else "")


def _what_if(asked: argparse.Namespace) -> Iterator[str]:
    if asked.account is None or not asked.client:
        raise StartError("--dry-run needs --account and --from")
    try:
        rules = settings.rules(asked.account)
    except LookupError as unknown:
        raise StartError(str(unknown)) from None
    key = phones.key(asked.client, rules.country)
    if key is None and asked.client.lower() not in phones.HIDDEN:
        raise StartError(f"--from {asked.client}: not a telephone number; for a hidden one say anonymous")
    decision = policy.decide(_supposed(asked, key), lookup.knowledge(asked.account, key), rules)
    yield f"account {asked.account}: {'a call to' if asked.outbound else 'a call from'} {phones.spoken(key)}"
    if not asked.outbound:
        yield _route_line(asked)
    yield from (f"    because {reason}" for reason in decision.reasons)
    for intent in decision.intents:
        values = {name: value for name, value in intents.to_json(intent).items() if value not in (None, "", ())}
        yield f"  would {intent.kind}: {json.dumps(values, ensure_ascii=False)}"


def _route_line(asked: argparse.Namespace) -> str:
    """Whom it would ring first, where the PBX has our dialplan."""
    found = routing.of_caller(asked.account, asked.client)
    rung = f"{found.extension}, who sees «{found.name}»" if found.extension else "nobody first"
    return f"  would ring {rung}: {found.why}"


def _supposed(asked: argparse.Namespace, client: str | None) -> Fact:
    now = time.time()
    direction = Direction.OUTBOUND if asked.outbound else Direction.INBOUND
    call = {"call": "supposed", "at": now, "direction": direction, "client": client, "did": asked.did}
    if asked.extension:
        return CallAnswered(**call, extension=asked.extension)
    result, reason = (Result.FAILED, Reason.NO_ANSWER) if asked.outbound else (Result.MISSED, None)
    return CallEnded(
        **call, result=result, reason=reason, extension=None, talks=(), started=now, answered=None, recording=None
    )
