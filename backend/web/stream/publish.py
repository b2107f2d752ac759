"""Reads changes once for all readers of an account, and sends them to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from backend.desk import call_list
from backend.desk import office as people
from backend.desk.sights import sights
from backend.store import popups
from backend.store.stream import Topic
from backend.web.stream.reader import Reader, as_json

Due = Mapping[Reader, Set[Topic]]

ABOUT_PEOPLE = {Topic.ME, Topic.COLLEAGUES}


@dataclass(frozen=True, slots=True)
class Others:
    """All of `seated`, users and their JSON, without the reader: a separate text for each would fill the memory."""

    seated: tuple[tuple[int, str], ...]
    user_id: int

    def __str__(self) -> str:
        others = ",".join(shown for user_id, shown in self.seated if user_id != self.user_id)
        return f'{{"colleagues":[{others}]}}'


def publish(account_id: int, due: Due) -> None:
    """Sends each reader its topics, in the order of the contract; popups come last.

    Ends the streams of an account that is no longer connected.
    """
    _publish_people(account_id, {reader: topics & ABOUT_PEOPLE for reader, topics in due.items()})
    _publish_missed(account_id, [reader for reader, topics in due.items() if Topic.MISSED in topics])
    _show_popups(account_id, [reader for reader, topics in due.items() if Topic.POPUPS in topics])


def _publish_people(account_id: int, due: Due) -> None:
    if not any(due.values()):
        return
    office = people.office(account_id)
    seated = tuple((each["user_id"], as_json(each)) for each in office.colleagues()) if office else ()
    for reader, topics in due.items():
        if office is None:
            reader.end()
            continue
        if Topic.ME in topics:
            reader.queue("me", as_json(office.me(reader.user_id)))
        if Topic.COLLEAGUES in topics:
            reader.queue("colleagues", Others(seated, reader.user_id))


def _publish_missed(account_id: int, readers: Sequence[Reader]) -> None:
    if not readers:
        return
    seen = sights(account_id, {reader.user_id for reader in readers})
    lists = dict(zip(seen, call_list.open_missed(account_id, list(seen.values())), strict=True))
    texts: dict[str, str] = {}  # one for all who see the same: a text of their own for each would fill the memory
    for reader in readers:
        missed = as_json({"calls": lists[reader.user_id]})
        reader.queue("missed", texts.setdefault(missed, missed))


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
    """The reader's own position; one from the future belongs to another database, perhaps a restored one."""
    return None if reader.position is None or reader.position > position else reader.position
