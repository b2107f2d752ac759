"""Whom an inbound call rings first, and what stands on his phone: of what is known of the client, and of the rules."""

from __future__ import annotations

from dataclasses import dataclass, replace

from backend.calls.numbers.dialling import EXTENSION_PLACE
from backend.calls.numbers.phone_display import shown_name
from backend.calls.rules.client import Client, Knowledge, choose
from backend.calls.rules.rules import Rules, employee

APART = "|"  # between an answer's extension and its name; neither holds one


@dataclass(frozen=True, slots=True, kw_only=True)
class DialplanTarget:
    """An extension of the PBX's own dialplan."""

    context: str
    extension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The account's way to send an inbound call. `channel` is how an extension's phone is called, as in Dialling;
    `ring_seconds` how long the responsible's rings; `then` where the call goes after it, None: on its own way.
    `copied`: how many clients are kept on the PBX; `shown_prefix`: digits that it puts before a caller's number."""

    country: str = "RU"
    channel: str = f"PJSIP/{EXTENSION_PLACE}"
    rings_responsible: bool = True
    ring_seconds: int = 10
    then: DialplanTarget | None = None
    is_latin: bool = False
    copied: int = 20_000
    shown_prefix: str = ""

    def unprefixed(self, shown: str) -> str:
        """A caller's number as he has it, of what the PBX shows."""
        return shown.removeprefix(self.shown_prefix)

    @property
    def told(self) -> str:
        """What the dialplan is to know of it, in one line: seconds (0: no phone is rung first), what stands before and
        after the extension in a channel's name, context and extension to go to, and the prefix that is shown."""
        before, after = self.channel.split(EXTENSION_PLACE, 1)
        seconds = self.ring_seconds if self.rings_responsible else 0
        place = (self.then.context, self.then.extension) if self.then else ("", "")
        return APART.join((str(seconds), before, after, *place, self.shown_prefix))

    def on_phone(self, name: str) -> str:
        """What a phone shows of a call of ours, made fit where it shows no other letters than Latin ones."""
        return shown_name(name, latin=True) if self.is_latin else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`extension` None: nobody's phone is rung first; `name` is safe to show, empty for a stranger."""

    extension: str | None = None
    name: str = ""
    why: str

    @property
    def told(self) -> str:
        """As the dialplan reads it, `101|Иван Петров`."""
        return f"{self.extension or ''}{APART}{self.name}"


def route(knowledge: Knowledge, rules: Rules, routing: Routing) -> Route:
    """The open lead's responsible, else the client's, if he has an extension; in any case the client's name."""
    client = choose(knowledge)
    if client.party is None:
        return Route(why=client.why)
    found = _responsible(client, rules)
    chosen = found if routing.rings_responsible else Route(why="no phone is rung first: by the settings")
    name = shown_name(client.party.name, routing.is_latin)
    return replace(chosen, name=name, why=f"{client.why}; {chosen.why}")


def _responsible(client: Client, rules: Rules) -> Route:
    whose, user_id = "the lead's" if client.lead else "the client's", client.responsible
    seated = employee(user_id, rules)
    if seated is None:
        return Route(why=f"{whose} responsible is no employee" if user_id else f"{whose} responsible is not known")
    if not seated.extensions:
        return Route(why=f"{whose} responsible {seated.name} has no extension")
    extension = seated.extensions[0]
    return Route(extension=extension, why=f"{whose} responsible {seated.name} is at {extension}")
