"""`python -m backend reconcile`: holds a period's calls against amoCRM and has mended what lacks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from time import monotonic, sleep, time
from zoneinfo import ZoneInfo

from backend import create_app, logs
from backend.cli.common import account_id
from backend.config import StartError, load_settings
from backend.desk import arrive
from backend.desk.health import audit
from backend.store import accounts, audits, db
from backend.store.accounts import AccountState
from backend.store.audits import AuditDay, Span
from backend.store.journal import journal, wake
from backend.store.journal.journal import IntentState
from backend.store.settings import settings

LONGEST = 366  # days
LOOK = 0.5  # seconds between looks how far the worker is
PATIENCE = 60.0  # seconds without any progress
MOST_TROUBLES = 50


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 every call is where it belongs, 1 some are not yet, or cannot be; raises StartError."""
    asked = _parser().parse_args(arguments)
    configured = load_settings()
    logs.configure(configured.log_format)
    with create_app(configured).app_context():
        return _reconcile(asked.account, asked.first, asked.last or asked.first)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backend reconcile",
        description=f"{__doc__} Safe to repeat. A worker must run: it is the one who asks amoCRM, within its limits.",
    )
    parser.add_argument("--account", type=account_id, required=True, help="amoCRM's id of the account")
    parser.add_argument("--from", dest="first", type=_day, required=True, help="first day, 2026-11-01")
    parser.add_argument("--to", dest="last", type=_day, help="last day, included; else the first alone")
    return parser


def _day(told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{told} is not a day such as 2026-11-01") from None


def _reconcile(account_id: int, first: date, last: date) -> int:
    span, zone = _span(account_id, first, last)
    arrive.decide_again(account_id)
    call = f"{audit.CALL}:{first}:{last}"
    audit.start(account_id, span, call)
    wake.wake(account_id)
    db.session.commit()
    for line in (*_looking(account_id, call), *_mending(account_id, span)):
        print(line, file=sys.stderr, flush=True)
    audits.count_days(account_id, span, zone)
    db.session.commit()
    days = audits.days(account_id, first, last)
    for line in map(_day_line, days):
        print(line)
    if not days:
        print(f"{first} to {last}: no calls were seen on the PBX")
    troubles = audits.troubles(account_id, span, MOST_TROUBLES)
    for name, why in troubles:
        print(f"  call {name}: {logs.mask_text(why)}")
    return 1 if troubles or any(day.waiting or day.failed for day in days) else 0


def _span(account_id: int, first: date, last: date) -> tuple[Span, str]:
    account = accounts.find(account_id)
    if account is None:
        raise StartError(f"there is no account {account_id}: see `account list`")
    if account.state is not AccountState.CONNECTED:
        raise StartError(f"account {account_id} is {account.state}: {account.state_reason or 'connect it first'}")
    if not timedelta() <= last - first < timedelta(days=LONGEST):
        raise StartError(f"--to must not be before --from, nor more than {LONGEST} days after it")
    zone = settings.read(account_id).zone
    if first > (today := datetime.now(ZoneInfo(zone)).date()):
        raise StartError(f"--from {first} has not come yet: in {zone} it is {today}")
    since, until = (audit.midnight(day, ZoneInfo(zone)) for day in (first, min(last, today) + timedelta(days=1)))
    return Span(since=since, until=min(until, time()), thorough=True), zone


def _looking(account_id: int, call: str) -> Iterator[str]:
    """Lines of progress until every call of the period was looked at."""
    seen, since = -1, monotonic()
    while True:
        db.session.rollback()
        (row,) = journal.intents_of(account_id, call)
        looked = int((row.outcome or row.body).get("looked", 0))
        if row.state == IntentState.REFUSED:
            raise StartError(f"amoCRM refused to be asked: {row.error}")
        if looked > seen:
            seen, since = looked, monotonic()
            yield f"looked at {looked} calls"
        if row.state == IntentState.DONE:
            return
        _wait(since, row.error)


def _mending(account_id: int, span: Span) -> Iterator[str]:
    left, since = -1, monotonic()
    while True:
        db.session.rollback()
        now = audits.unfinished(account_id, span)
        if now and now != left:
            left, since = now, monotonic()
            yield f"{now} calls are being written"
        if not now or monotonic() - since > PATIENCE:
            return
        sleep(LOOK)


def _wait(since: float, error: str | None) -> None:
    if monotonic() - since > PATIENCE:
        raise StartError(
            f"nothing moved for {PATIENCE:.0f} s ({error or 'does a worker run?'}); what was begun goes on"
        )
    sleep(LOOK)


def _day_line(day: AuditDay) -> str:
    return (
        f"{day.day}: {day.seen} seen, {day.in_crm} in the CRM, {day.mended} mended, {day.by_rule} kept out by rule,"
        f" {day.gone} deleted by people, {day.waiting} on their way, {day.failed} cannot be mended"
    )
