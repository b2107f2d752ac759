"""A request from a site, to be called back: whom to ring, whom next, when again, when it is over. No clock inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.calls.rules.rules import Employee, Stage

CALLBACK = "callback-"


def request_name(id: str) -> str:
    """What a request is called in the journal."""
    return CALLBACK + id


def attempt_name(id: str, attempt: int) -> str:
    """What an attempt is called: its channel's id on the PBX, and its call in the journal."""
    return f"{CALLBACK}{id}-{attempt}"


def is_callback(call: str) -> bool:
    return call.startswith(CALLBACK)


def id_of(call: str) -> str:
    """Of the request that an attempt belongs to."""
    return call.removeprefix(CALLBACK).rpartition("-")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A target is an extension, a ring group or a queue, as it is dialled within the PBX."""

    name: str
    target: str | None = None
    stage: Stage | None = None
    departments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPlan:
    """The account's way to call back. `order` names what decides whom to ring; times are seconds. A client who does
    not answer is tried `tries_of_client` times more. `fields`: parameter → field of the lead."""

    sites: Mapping[str, Site] = field(default_factory=dict)
    order: tuple[str, ...] = ("responsible", "department", "site", "default")
    target: str | None = None
    again: float = 30.0
    again_client: float = 60.0
    tries_of_client: int = 2
    fields: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequest:
    """What somebody filled in; `parameters` is all that has no place of its own, in its order, `fields` are the lead's
    custom fields that some of them go into. `lead` is the one that the request came with, `placed` the attempt whose
    lead it has got already."""

    site: Site
    name: str = ""
    comment: str = ""
    department: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    fields: Mapping[str, int] = field(default_factory=dict)
    lead: int | None = None
    placed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """When the next attempt is made, seconds of the Unix epoch, and which target of the round it rings; `at` None:
    there is none."""

    at: float | None
    turn: int = 0


OVER = Next(at=None)


def targets(request: CallbackRequest, responsible: Employee | None, plan: CallbackPlan) -> tuple[str, ...]:
    """Whom to ring, in the account's order, each once: a round."""
    chosen: dict[str, Sequence[str | None]] = {
        "responsible": responsible.extensions if responsible else (),
        "department": (request.site.departments.get(request.department),),
        "site": (request.site.target,),
        "default": (plan.target,),
    }
    return tuple(dict.fromkeys(each for name in plan.order for each in chosen[name] if each))


def after_nobody(now: float, until: float, turn: int, round: int, plan: CallbackPlan) -> Next:
    """The next target of the round at once; after the last of them again in a while, as long as there is time."""
    if turn + 1 < round and now <= until:
        return Next(at=now, turn=turn + 1)
    return Next(at=now + plan.again) if now + plan.again <= until else OVER


def after_client(now: float, tries: int, plan: CallbackPlan) -> Next:
    """`tries`: how often the client was dialled."""
    return Next(at=now + plan.again_client) if tries <= plan.tries_of_client else OVER
