"""Popups: one per call and employee. The row is the truth, whichever browser shows it.

A reader continues by transactions instead of serials: serials are drawn before the commit, so an earlier one may become
visible later and would be missed. A row keeps the id of the transaction that changed it last; a reader keeps the oldest
transaction that was still open at its reading, and next time reads all rows changed in it or later. A reader may get a
change twice, and never misses one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Double,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    Text,
    cast,
    delete,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy import Sequence as Serial
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, aliased, mapped_column

from backend.store import Base, db, stream
from backend.store.base.read_position import THIS_TRANSACTION
from backend.store.base.read_position import position as position
from backend.store.stream import Topic

SERIAL = Serial("popups_serial", metadata=Base.metadata)
RECENT = timedelta(hours=12)  # older popups are not shown on a newly opened page
MOST_RECENT = 200  # of one reader without a position
MOST_CHANGED = 2000  # of one returning reader: more than a week of calls

OF_END: ColumnElement[Any] = cast(["result", "reason", "duration"], ARRAY(Text))  # removed when the call goes on


class Popup(Base):
    """`serial` orders two versions of a popup, `changed_in` is the transaction of the last change."""

    __tablename__ = "popups"
    __table_args__ = (
        Index("ix_popups_changed", "account_id", "user_id", "changed_in"),
        Index("ix_popups_recent", "account_id", "user_id", "updated_at"),
        Index("ix_popups_updated_at", "updated_at"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    state: Mapped[str]
    details: Mapped[dict[str, Any]]
    serial: Mapped[int] = mapped_column(BigInteger, server_default=SERIAL.next_value())
    changed_in: Mapped[int] = mapped_column(BigInteger, server_default=text(THIS_TRANSACTION))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


def show(
    account_id: int, call: str, users: Iterable[int], state: str, details: dict[str, Any], only_in: Sequence[str] | None
) -> None:
    """Creates or changes these users' popups; an existing one changes only if its state is in `only_in`."""
    wanted = sorted(set(users))  # in one order, against deadlocks
    if not wanted:
        return
    each = func.unnest(_numbers(wanted)).column_valued("each")
    row = select(literal(account_id, BigInteger), literal(call), each, literal(state), literal(details, JSONB))
    fresh = insert(Popup).from_select(["account_id", "call", "user_id", "state", "details"], row)
    shown = fresh.on_conflict_do_update(
        index_elements=["account_id", "call", "user_id"],
        set_={**_stamp(), "state": state, "details": Popup.details.op("-")(OF_END).op("||")(fresh.excluded.details)},
        where=None if only_in is None else Popup.state.in_(only_in),
    )
    _notify(account_id, db.session.scalars(shown.returning(Popup.user_id)).all())


def change(
    account_id: int,
    call: str,
    details: dict[str, Any],
    *,
    state: str | None = None,
    users: Iterable[int] | None = None,
    only_in: Sequence[str] | None = None,
    talked_until: float | None = None,
) -> bool:
    """Changes the existing popups, of all users or of these; returns whether there were any.

    `talked_until`, seconds of the epoch, gives each the duration of its own talk.
    """
    query = update(Popup).where(Popup.account_id == account_id, Popup.call == call)
    if users is not None:
        query = query.where(Popup.user_id.in_(list(users)))
    if only_in is not None:
        query = query.where(Popup.state.in_(only_in))
    merged = Popup.details.op("||")(literal(details, Popup.details.type))
    if talked_until is not None:
        merged = merged.op("||")(_duration(talked_until))
    values: dict[str, Any] = {**_stamp(), "details": merged}
    if state is not None:
        values["state"] = state
    changed = db.session.scalars(query.values(values).returning(Popup.user_id)).all()
    _notify(account_id, changed)
    return bool(changed)


def _stamp() -> dict[str, Any]:
    """The values that every change of a row sets."""
    return {
        "serial": SERIAL.next_value(),
        "changed_in": literal_column(THIS_TRANSACTION, BigInteger),
        "updated_at": func.now(),
    }


def _duration(until: float) -> ColumnElement[Any]:
    answered = cast(Popup.details["answered_at"].astext, Double)
    seconds = cast(func.greatest(0, func.round(literal(until, Double) - answered)), Integer)
    return func.jsonb_strip_nulls(func.jsonb_build_object("duration", seconds), type_=JSONB)


def _notify(account_id: int, users: Collection[int]) -> None:
    stream.notify_each(account_id, Topic.POPUPS, users)


def close(account_id: int, call: str, user_id: int) -> bool:
    """Closes it for this user, in all their tabs; False without such a popup. Does not commit."""
    return change(account_id, call, {}, state="closed", users=[user_id])


def recent(account_id: int, users: Collection[int]) -> dict[int, list[Popup]]:
    """By user, the popups for a reader without a position: the latest ones that are not closed, oldest change first."""
    wanted = func.unnest(_numbers(users)).table_valued("user_id").render_derived("reader")
    fresh = (Popup.state != "closed", Popup.updated_at > func.clock_timestamp() - RECENT)
    return _read(account_id, wanted, fresh, Popup.updated_at, MOST_RECENT)


def changed(account_id: int, positions: Mapping[int, int]) -> dict[int, list[Popup]]:
    """By user, all popups changed since this position, including closed ones, oldest change first."""
    columns = func.unnest(_numbers(positions.keys()), _numbers(positions.values()))
    wanted = columns.table_valued("user_id", "position").render_derived("reader")
    return _read(account_id, wanted, (Popup.changed_in >= wanted.c.position,), Popup.changed_in, MOST_CHANGED)


def _read(
    account_id: int, wanted: FromClause, which: Sequence[ColumnElement[bool]], order: Any, most: int
) -> dict[int, list[Popup]]:
    """The newest popups of each reader, by an index; many readers in one statement, because a call may be shown to
    every employee."""
    mine = select(Popup).where(Popup.account_id == account_id, Popup.user_id == wanted.c.user_id, *which)
    one = aliased(Popup, mine.order_by(order.desc()).limit(most).lateral("one"))
    found: dict[int, list[Popup]] = {}
    query = select(one).select_from(wanted).join(one, true()).order_by(one.changed_in, one.serial)
    for row in db.session.scalars(query.execution_options(populate_existing=True)):
        found.setdefault(row.user_id, []).append(row)
    return found


def _numbers(values: Collection[int]) -> ColumnElement[Any]:
    return cast(list(values), ARRAY(BigInteger))


def of(account_id: int, call: str, user_id: int) -> Popup | None:
    """A user's popup of a call."""
    return db.session.get(Popup, (account_id, call, user_id), populate_existing=True)


def of_call(account_id: int, call: str) -> Sequence[Popup]:
    query = select(Popup).where(Popup.account_id == account_id, Popup.call == call).order_by(Popup.user_id)
    return db.session.scalars(query).all()


def forget_older(than: datetime, limit: int) -> int:
    """Deletes old popups of all accounts; returns the number. Does not commit."""
    old = select(Popup.account_id, Popup.call, Popup.user_id).where(Popup.updated_at < than).limit(limit).subquery()
    same = (Popup.account_id == old.c.account_id, Popup.call == old.c.call, Popup.user_id == old.c.user_id)
    return len(db.session.scalars(delete(Popup).where(*same).returning(Popup.user_id)).all())
