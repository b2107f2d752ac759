"""Who is the client: the one place that answers it, for routing, registration and callback alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CardKind(StrEnum):
    """amoCRM's plural entity types, as its routes spell them."""

    LEADS = "leads"
    CONTACTS = "contacts"
    COMPANIES = "companies"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLead:
    """A lead that is not deleted, not won or lost, and not in an unsorted stage."""

    id: int
    name: str
    responsible: int | None
    price: int = 0
    stage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A contact or company whose phone fields hold the number, with its open leads. `company` names a contact's;
    `is_customer`: it buys again and again, amoCRM's "customer"; `is_chosen`: an employee has said that it is the
    client."""

    entity: CardKind
    id: int
    name: str
    responsible: int | None
    companies: tuple[int, ...] = ()
    company: str = ""
    open_leads: tuple[OpenLead, ...] = ()
    is_customer: bool = False
    is_chosen: bool = False

    @property
    def owners(self) -> tuple[tuple[CardKind, int | None], ...]:
        """This card's kind and responsible, and those of its open leads: whoever sees one of them knows the client."""
        return ((self.entity, self.responsible), *((CardKind.LEADS, lead.responsible) for lead in self.open_leads))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An unsorted record that has not been accepted yet: of a call, or, not `is_ours`, of a form, a chat, another
    integration."""

    uid: str
    lead: int
    contact: int | None
    is_ours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Calls with this number before this one; `last` is when the latest began, in seconds of the Unix epoch."""

    total: int
    last: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is known of a number. `watching`: the users who would see a popup now, asked while a phone rings.
    `is_placed`: the call has its place in the CRM already, by the request it answers."""

    parties: tuple[Party, ...] = ()
    waiting: Waiting | None = None
    earlier: Earlier | None = None
    watching: frozenset[int] = frozenset()
    is_placed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who it is: `party` None means nobody; `lead` None means no open lead; `why` tells how it was decided."""

    party: Party | None
    lead: OpenLead | None
    why: str

    @property
    def responsible(self) -> int | None:
        """The open lead's responsible user, else the contact's or company's."""
        of = self.lead or self.party
        return of.responsible if of else None

    @property
    def contact(self) -> int | None:
        return self.party.id if self.party and self.party.entity is CardKind.CONTACTS else None

    @property
    def company(self) -> int | None:
        return self.party.id if self.party and self.party.entity is CardKind.COMPANIES else None


def choose(knowledge: Knowledge) -> Client:
    """The party that an employee has chosen wins, else one with an open lead, contacts before companies, the oldest
    first; of its leads the newest."""
    ranked = sorted(knowledge.parties, key=rank)
    if not ranked:
        return Client(party=None, lead=None, why="nobody has this number")
    party = ranked[0]
    lead = max(party.open_leads, key=lambda each: each.id, default=None)
    return Client(party=party, lead=lead, why=_why(party, lead, ranked))


def rank(party: Party) -> tuple[bool, bool, bool, int]:
    return not party.is_chosen, not party.open_leads, party.entity is not CardKind.CONTACTS, party.id


def _why(party: Party, lead: OpenLead | None, ranked: list[Party]) -> str:
    matched = ", ".join(f"{each.entity}/{each.id}" for each in ranked)
    chosen = f"{party.entity}/{party.id} «{party.name}»"
    if len(ranked) > 1:
        because = "chosen by an employee" if party.is_chosen else "has an open lead" if lead else "the oldest"
        chosen += f" of {matched} ({because})"
    if lead is None:
        return f"{chosen}; no open lead"
    others = len(party.open_leads) - 1
    return f"{chosen}; open lead {lead.id}" + (f", the newest of {others + 1}" if others else "")
