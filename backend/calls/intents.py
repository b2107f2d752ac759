"""What we decide to do in the CRM: intents, imperative, plain values that can be written down and read back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

# the channels of `desk/channels.py`
CRM = "crm"
NOTIFICATION = "notification"


class CallStatus(StrEnum):
    """How a call note says it ended."""

    TALKED = "talked"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong-number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One act of one call. Its place in the CRM is the call's own, written down as soon as it is known.

    Intents of one call and one channel are carried out in their order; another channel waits for none of them.
    """

    kind: ClassVar[str] = ""
    channel: ClassVar[str] = CRM


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLead(Intent):
    """A new lead, with a new contact when nobody has the number. `phone` None: the number is hidden. `fields` are the
    lead's custom fields, by id or code."""

    kind: ClassVar[str] = "open-lead"

    phone: str | None
    name: str
    contact: int | None
    company: int | None
    contact_name: str
    responsible: int | None
    pipeline_id: int | None
    status_id: int | None
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddContact(Intent):
    """A contact without a lead, for a number of the no-lead list that the CRM does not know yet."""

    kind: ClassVar[str] = "add-contact"

    phone: str
    name: str
    responsible: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddUnsorted(Intent):
    """One unsorted record of category call; the call is part of it. `employee` is who was called, in words."""

    kind: ClassVar[str] = "add-unsorted"

    phone: str | None
    did: str | None
    name: str
    contact: int | None
    company: int | None
    contact_name: str
    pipeline_id: int | None
    called_at: float
    employee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddForm(AddUnsorted):
    """One unsorted record of category form: what came from a site, `page` of it, `did` is the site's name. `fields` are
    the lead's custom fields, by id or code."""

    kind: ClassVar[str] = "add-form"

    page: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePlace(Intent):
    """This call belongs where another of ours does, as soon as that one has its place."""

    kind: ClassVar[str] = "share-place"

    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UseUnsorted(Intent):
    """The waiting record's lead becomes the call's place; a talk accepts the record for who talked.

    When somebody has dealt with the record meanwhile, its lead is used if it is open, else `otherwise` is done.
    """

    kind: ClassVar[str] = "use-unsorted"

    uid: str
    lead: int
    contact: int | None
    accept: bool
    employee: int | None
    otherwise: CreateLead | AddUnsorted
    is_ours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCall(Intent):
    """The call's one note; nothing to do where the call is part of an unsorted record.

    `duration` is in seconds, 0 while the talk lasts; `text` names the chain of talks.
    """

    kind: ClassVar[str] = "log-call"

    inbound: bool
    phone: str
    employee: int | None
    status: CallStatus
    at: float
    duration: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishCall(Intent):
    """The duration and the chain of talks go into the call's note."""

    kind: ClassVar[str] = "finish-call"

    inbound: bool
    phone: str
    employee: int | None
    status: CallStatus
    duration: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverLead(Intent):
    """The lead this call opened belongs to another of its talkers."""

    kind: ClassVar[str] = "hand-over-lead"

    employee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindPlace(AddContact):
    """A call that has left nothing in the CRM gets a contact, so that its outcome has a place."""

    kind: ClassVar[str] = "find-place"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameContact(Intent):
    """The contact that this call made is called so, if nobody has changed its `former` name."""

    kind: ClassVar[str] = "name-contact"

    name: str
    former: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNumber(Intent):
    """A contact that was there before gets the number too."""

    kind: ClassVar[str] = "add-number"

    contact: int
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveLead(Intent):
    """The lead this call opened is another card's: an employee has said who of several the client is."""

    kind: ClassVar[str] = "move-lead"

    entity: str
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTask(Intent):
    """A follow-up at the call's place. `due` is seconds of the Unix epoch."""

    kind: ClassVar[str] = "add-task"

    text: str
    due: int
    employee: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote(Intent):
    """What the employee wrote about the call, at its place. `at` is seconds of the Unix epoch."""

    kind: ClassVar[str] = "add-note"

    text: str
    employee: int | None
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceCall(Intent):
    """amoCRM's own notification of a ringing call, to all whom it rings at the same time; worth nothing a few seconds
    later, and never repeated."""

    kind: ClassVar[str] = "announce-call"
    channel: ClassVar[str] = NOTIFICATION

    employees: tuple[int, ...]
    phone: str


class PopupState(StrEnum):
    """A call by click begins with CALLING, the employee's own phone; DIALLING is the client's."""

    CALLING = "calling"
    DIALLING = "dialling"
    FAILED = "failed"
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"
    MISSED = "missed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPopup(Intent):
    """One popup per call and employee; `employees` None means everyone who has one of this call.

    `only_in` limits the change to popups now in one of these states; a popup that is not there yet is made
    unless `employees` is None or the new state is CLOSED. `ended_at` gives each the duration of its own talk.
    """

    kind: ClassVar[str] = "show-popup"

    employees: tuple[int, ...] | None
    state: PopupState
    details: dict[str, Any] = field(default_factory=dict)
    only_in: tuple[PopupState, ...] | None = None
    ended_at: float | None = None


KINDS: dict[str, type[Intent]] = {
    each.kind: each
    for each in (
        CreateLead, AddContact, AddUnsorted, AddForm, SharePlace, UseUnsorted, LogCall, FinishCall, HandOverLead,
        FindPlace, NameContact, AddNumber, MoveLead, AddTask, AddNote, AnnounceCall,
    )
}  # fmt: skip


def to_json(intent: Intent) -> dict[str, Any]:
    """An intent as plain values; `from_json` is its inverse."""
    return asdict(intent)


def from_json(kind: str, body: dict[str, Any]) -> Intent:
    """Raises KeyError for an unknown kind, TypeError for a body that is not such an intent."""
    values = dict(body)
    if kind == UseUnsorted.kind:
        values["otherwise"] = from_json(_kind_of(body["otherwise"]), body["otherwise"])
    if "fields" in body:
        values["fields"] = tuple((name, value) for name, value in body["fields"])
    if kind == AnnounceCall.kind:
        values["employees"] = tuple(values["employees"])
    if kind in (LogCall.kind, FinishCall.kind):
        values["status"] = CallStatus(body["status"])
    return KINDS[kind](**values)


def _kind_of(otherwise: dict[str, Any]) -> str:
    """What is done where a record does not wait any more says by its values what it is."""
    if "called_at" not in otherwise:
        return CreateLead.kind
    return AddForm.kind if "page" in otherwise else AddUnsorted.kind
