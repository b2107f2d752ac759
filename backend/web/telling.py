"""What changed is read once for all readers of an account who are to hear of it, and told to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from backend.desk import call_list, people
from backend.store import popups
from backend.store.stream import Topic
from backend.web.reader import Reader

Due = Mapping[Reader, Set[Topic]]

ABOUT_PEOPLE = {Topic.ME, Topic.COLLEAGUES}


def tell(account_id: int, due: Due) -> None:
    """Each reader hears of his topics, in the order of the contract; popups are the last.

    Where the account is not connected any more, the streams end.
    """
    _tell_people(account_id, {reader: topics & ABOUT_PEOPLE for reader, topics in due.items()})
    _tell_missed(account_id, [reader for reader, topics in due.items() if Topic.MISSED in topics])
    _show_popups(account_id, [reader for reader, topics in due.items() if Topic.POPUPS in topics])


def _tell_people(account_id: int, due: Due) -> None:
    if not any(due.values()):
        return
    office = people.office(account_id)
    for reader, topics in due.items():
        if office is None:
            reader.end()
            continue
        if Topic.ME in topics:
            reader.tell("me", office.me(reader.user_id))
        if Topic.COLLEAGUES in topics:
            reader.tell("colleagues", {"colleagues": office.colleagues(reader.user_id)})


def _tell_missed(account_id: int, readers: Sequence[Reader]) -> None:
    if readers:
        missed = {"calls": call_list.open_missed(account_id)}
        for reader in readers:
            reader.tell("missed", missed)


def _show_popups(account_id: int, readers: Sequence[Reader]) -> None:
    if not readers:
        return
    position = popups.position()
    here = {reader: _place(reader, position) for reader in readers}
    recent = popups.recent(account_id, {reader.user_id for reader, place in here.items() if place is None})
    places: dict[int, int] = {}
    for reader, place in here.items():
        if place is not None:
            places[reader.user_id] = min(place, places.get(reader.user_id, place))
    changed = popups.changed(account_id, places)
    for reader, place in here.items():
        if place is None:
            reader.show(recent.get(reader.user_id, []), position)
        else:
            reader.show([each for each in changed.get(reader.user_id, []) if each.changed_in >= place], position)


def _place(reader: Reader, position: int) -> int | None:
    """Where he says he is; a place that has not been reached yet is of another database, a restored one maybe."""
    return None if reader.position is None or reader.position > position else reader.position
