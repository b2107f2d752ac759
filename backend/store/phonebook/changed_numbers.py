"""Numbers whose client changed, for readers that keep a copy of the phonebook, such as the PBX's.

A reader calls `position()` first, then reads all of `recent`, and keeps `(position, "")`. Each later time it calls
`position()` again, then reads `since(account_id, place, …)` to its end, each time from the last row, and keeps the new
position. For each key it calls `lookup.parties`; a key missing from the answer has no client. A key may come twice and
none is missed as long as the reader's position is younger than `KEPT`; otherwise it reads everything again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, BigInteger, Text, cast, delete, func, literal, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from backend.store import db
from backend.store.base.read_position import THIS_TRANSACTION
from backend.store.base.read_position import position as position
from backend.store.phonebook.rows import ChangeRow, PartyRow, PhoneRow

KEPT = timedelta(days=1)
AT_ONCE = 1000  # keys in one answer of `recent`


Place = tuple[int, str]  # of a reader: a position, and the last key read there


def since(account_id: int, place: Place, limit: int) -> list[Place]:
    """The keys changed after this position, oldest change first, each with the position behind it."""
    here = tuple_(ChangeRow.changed_in, ChangeRow.phone)
    query = select(ChangeRow.changed_in, ChangeRow.phone).where(ChangeRow.account_id == account_id, here > place)
    found = db.session.execute(query.order_by(ChangeRow.changed_in, ChangeRow.phone).limit(limit))
    return [(changed_in, phone) for changed_in, phone in found]


def recent(account_id: int, most: int) -> Iterator[Sequence[str]]:
    """All keys of the `most` most recently changed clients, the most recent first, in portions; a key of several
    clients comes more than once."""
    latest = (
        select(PartyRow.entity, PartyRow.id, PartyRow.updated_at)
        .where(PartyRow.account_id == account_id)
        .order_by(PartyRow.updated_at.desc(), PartyRow.id.desc())
        .limit(most)
        .subquery()
    )
    theirs = (PhoneRow.entity == latest.c.entity) & (PhoneRow.party_id == latest.c.id)
    query = select(PhoneRow.phone).join(latest, theirs).where(PhoneRow.account_id == account_id)
    found = db.session.scalars(query.order_by(latest.c.updated_at.desc(), latest.c.id.desc(), PhoneRow.phone))
    yield from found.partitions(AT_ONCE)


def report(account_id: int, phones: Iterable[str]) -> None:
    """Reports these keys as changed in this transaction. Does not commit."""
    keys = sorted(set(phones))
    if not keys:
        return
    each = func.unnest(cast(keys, ARRAY(Text))).column_valued("each")
    fresh = insert(ChangeRow).from_select(["account_id", "phone"], select(literal(account_id, BigInteger), each))
    now = {"changed_in": literal_column(THIS_TRANSACTION, BigInteger), "at": func.now()}
    db.session.execute(fresh.on_conflict_do_update(index_elements=["account_id", "phone"], set_=now))


def report_clients(account_id: int, parties: Collection[tuple[str, int]]) -> None:
    """As `report`, for all numbers of these clients."""
    report(account_id, phones_of(account_id, parties))


def phones_of(account_id: int, parties: Collection[tuple[str, int]]) -> Iterator[str]:
    """Their keys, by (entity, id)."""
    for entity in {entity for entity, _ in parties}:
        ids = [each for kind, each in parties if kind == entity]
        mine = (PhoneRow.account_id == account_id, PhoneRow.entity == entity, PhoneRow.party_id.in_(ids))
        yield from db.session.scalars(select(PhoneRow.phone).where(*mine))


def forget_older(than: datetime, limit: int) -> int:
    """Deletes old rows of all accounts; returns the number. Does not commit."""
    old = select(ChangeRow.account_id, ChangeRow.phone).where(ChangeRow.at < than).limit(limit).subquery()
    same = (ChangeRow.account_id == old.c.account_id, ChangeRow.phone == old.c.phone)
    return len(db.session.scalars(delete(ChangeRow).where(*same).returning(ChangeRow.phone)).all())
