"""Compares calls with the CRM: does each one's note, or its unsorted record, exist and is it complete? Repairs are
written as intents, a page of calls at a time, behind all live work and resumable at any page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backend.amocrm import answers, requests
from backend.amocrm.requests import Entity, NoteType, Request
from backend.calls import intents
from backend.calls.intents import FinishCall, LogCall
from backend.calls.rules.audit import AuditState, CallNote, NoteFinding, in_books
from backend.desk.crm_steps.notes import CODES
from backend.desk.journal.job import Desk, Job
from backend.store import audits
from backend.store.audits import Listed, Span
from backend.store.journal import journal
from backend.store.settings import settings

KIND = "audit"
CALL = "audit"  # the journal's call name for work of the whole account
PAGE = 50
MOST = 5_000  # calls of one periodic audit
FRESH = 300.0  # seconds; younger calls are still being written
DAYS_BACK = 1  # of a periodic audit, before today
MOST_MENDINGS = 3  # of one call by periodic audits; after that something else keeps undoing them
MOST_RECORDS = 4  # pages of waiting unsorted records that are read
CARDS: dict[Entity, tuple[Callable[[int], Request], Callable[[Any], Any]]] = {
    Entity.LEADS: (requests.lead, answers.lead),
    Entity.CONTACTS: (requests.contact, answers.contact),
    Entity.COMPANIES: (requests.company, answers.company),
}
IN_CRM = NoteFinding(state=AuditState.IN_CRM)


def start(account_id: int, span: Span, call: str = CALL) -> None:
    """Writes an audit of the span's calls as work, unless the same one is under way. Does not commit."""
    if not journal.make_room(account_id, call):
        body = {**asdict(span), "after": [0.0, ""], "looked": 0}
        journal.add_intent(account_id, call, KIND, body, backfill=True)


def lately(account_id: int, now: float) -> Span:
    """The span of a periodic audit: today and the day before, in the account's zone."""
    zone = ZoneInfo(settings.read(account_id).zone)
    first = datetime.fromtimestamp(now, zone).date() - timedelta(days=DAYS_BACK)
    return Span(since=midnight(first, zone), until=now - FRESH)


def midnight(day: date, zone: ZoneInfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def audit_page(job: Job) -> None:
    """Audits one page of calls; after the last page counts the days."""
    at: dict[str, Any] = dict(job.row.body)
    account_id, span = job.desk.account_id, Span(since=at["since"], until=at["until"], thorough=at["thorough"])
    calls = audits.page(account_id, span, (at["after"][0], at["after"][1]), PAGE)
    findings = _findings(job.desk, calls, span)
    for each in calls:
        _write_down(account_id, each, findings[each.call], is_asked_for=span.thorough)
    audits.keep(account_id, findings)
    looked = at["looked"] + len(calls)
    if len(calls) == PAGE and (span.thorough or looked < MOST):
        job.row.body = {**at, "after": [calls[-1].started, calls[-1].call], "looked": looked}
    else:
        audits.count_days(account_id, span, settings.read(account_id).zone)
        job.done(looked=looked)


def _findings(desk: Desk, calls: Sequence[Listed], span: Span) -> dict[str, NoteFinding]:
    """Reads everything here, before any write: each request commits."""
    known = {each.call: in_books(each.books) for each in calls}
    unknown = [each for each in calls if known[each.call] is None]
    notes = _notes(desk, [each for each in unknown if each.note])
    records = _records(desk, span.since) if any(each.is_part_of_record for each in unknown) else frozenset()
    found = {each.call: _bounded(_held_against(desk, each, notes, records), each, span) for each in unknown}
    return {call: finding or found[call] for call, finding in known.items()}


def _held_against(desk: Desk, each: Listed, notes: dict[int, answers.Note], records: Collection[str]) -> NoteFinding:
    if each.is_part_of_record:
        is_there = f"call-{each.call}" in records or _has(desk, Entity.LEADS, each.lead)
        return IN_CRM if is_there else NoteFinding(state=AuditState.GONE, why="its record was declined or deleted")
    note = notes.get(each.note or 0)
    if note is None and each.note_entity and not _has(desk, Entity(each.note_entity), each.note_entity_id):
        return NoteFinding(state=AuditState.GONE, why="its card was deleted")
    if note is None:
        return NoteFinding(state=AuditState.MENDED, why="no note")
    lacks = _told(note).lacks(_wanted(desk, each)) if each.wanted else ""
    return NoteFinding(state=AuditState.MENDED, why=lacks) if lacks else IN_CRM


def _bounded(finding: NoteFinding, each: Listed, span: Span) -> NoteFinding:
    """A call that does not stay repaired is not repaired every hour, except by an audit that a person started."""
    if finding.state is not AuditState.MENDED or span.thorough or each.mendings < MOST_MENDINGS:
        return finding
    return NoteFinding(state=AuditState.FAILED, why=f"not kept by amoCRM: {finding.why}")


def _told(note: answers.Note) -> CallNote:
    return CallNote(duration=note.duration, status=note.status, link=note.link)


def _wanted(desk: Desk, each: Listed) -> CallNote:
    intent = _intent(each)
    return CallNote(
        duration=intent.duration, status=CODES[intent.status], link=desk.recording_link(each.recording_token)
    )


def _intent(each: Listed) -> LogCall | FinishCall:
    assert each.wanted is not None
    intent = intents.from_json(*each.wanted)
    assert isinstance(intent, LogCall | FinishCall)
    return intent


def _notes(desk: Desk, calls: Sequence[Listed]) -> dict[int, answers.Note]:
    """Existing notes by id. A note missing from the answer to the common request is looked up at its card."""
    found: dict[int, answers.Note] = {}
    for entity in Entity:
        theirs = [each for each in calls if each.note_entity == entity.value]
        if theirs:
            wanted = [each.note for each in theirs if each.note]
            given = answers.notes(desk.send(requests.notes(entity, wanted)))
            found |= {note.id: note for note in given if note.id in wanted}
            for each in theirs:
                if each.note not in found:
                    found |= _notes_at(desk, entity, each)
    return found


def _notes_at(desk: Desk, entity: Entity, each: Listed) -> dict[int, answers.Note]:
    if each.note_entity_id is None:
        return {}
    kinds = [NoteType.CALL_IN, NoteType.CALL_OUT]
    given = answers.notes(desk.send(requests.notes_of(entity, each.note_entity_id, kinds)))
    return {note.id: note for note in given if note.id == each.note}


def _records(desk: Desk, since: float) -> frozenset[str]:
    """The calls' unsorted records that still wait, created since then."""
    found: set[str] = set()
    for page in range(1, MOST_RECORDS + 1):
        body = desk.send(requests.unsorted_records("sip", page))
        records = answers.unsorted_records(body)
        found |= {each.source_uid for each in records}
        if not answers.may_have_more(body, "unsorted") or min(each.created_at for each in records) < since:
            break
    return frozenset(found)


def _has(desk: Desk, entity: Entity, card: int | None) -> bool:
    if card is None:
        return False
    ask, read = CARDS[entity]
    found = read(desk.send(ask(card)))
    return found is not None and not found.is_deleted


def _write_down(account_id: int, each: Listed, finding: NoteFinding, *, is_asked_for: bool) -> None:
    """Writes the finding's repairs as intents. A refused one is tried again only in an audit that a person started."""
    if finding.state is AuditState.FAILED and is_asked_for:
        audits.try_again(account_id, each.call)
    if finding.state is not AuditState.MENDED or each.wanted is None:
        return
    _, body = each.wanted
    call = journal.lock_call(account_id, each.call)
    if call is None:
        return
    if finding.why != "no note":
        body = {name: value for name, value in body.items() if name != "at"}
        journal.add_intent(account_id, each.call, FinishCall.kind, body, backfill=True)
        return
    call.note = None
    again = {"at": call.ended or call.started, **body}
    journal.add_intent(account_id, each.call, LogCall.kind, again, backfill=True).unclear = True
