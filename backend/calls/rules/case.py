"""One fact beside everything that is needed to decide it, and the intents that are built from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from backend.calls.facts import Direction
from backend.calls.intents import AddContact, AddUnsorted, CallStatus, CreateLead, LogCall, PopupState, ShowPopup
from backend.calls.numbers import phones
from backend.calls.rules.client import Client, Knowledge, Party, Waiting, choose, rank
from backend.calls.rules.rules import Employee, Rules, Stage
from backend.words import say

MOST_OTHERS = 5


def shown(party: Party) -> dict[str, Any]:
    """One of several that have a number, as a popup shows it."""
    return {"entity": party.entity.value, "id": party.id, "name": party.name, "company": party.company}


@dataclass(frozen=True)
class Case:
    """One fact beside everything that is needed to decide it. `fact.client` is a key of `numbers.phones`."""

    fact: Any
    knowledge: Knowledge
    rules: Rules

    @property
    def phone(self) -> str | None:
        return cast("str | None", self.fact.client)

    @cached_property
    def client(self) -> Client:
        if self.phone is None:
            return Client(party=None, lead=None, why="the number is hidden: registered, never searched for")
        return choose(self.knowledge)

    @cached_property
    def waiting(self) -> Waiting | None:
        """The client's unsorted record that the account's rules let a call use."""
        waiting = self.knowledge.waiting if self.phone else None
        return waiting if waiting and (waiting.is_ours or self.rules.uses_other_records) else None

    @cached_property
    def spared(self) -> bool:
        """Whether the account wants no lead from this client."""
        if self.phone in self.rules.no_lead_numbers:
            return True
        party, company = self.client.party, self.client.company
        companies = {company} if company else set(party.companies if party else ())
        return bool(companies & self.rules.no_lead_companies)

    @cached_property
    def spoken(self) -> str:
        return phones.spoken(self.phone)

    @property
    def inbound(self) -> bool:
        return self.fact.direction is Direction.INBOUND

    def open_lead(self, employee: Employee | None) -> CreateLead:
        stage = self.stage(employee)
        return CreateLead(
            phone=self.phone,
            name=self.rules.lead_name.format(phone=self.spoken),
            contact=self.client.contact,
            company=self.client.company,
            contact_name=self.rules.contact_name.format(phone=self.spoken),
            responsible=employee.user_id if employee else None,
            pipeline_id=stage.pipeline_id if stage else None,
            status_id=stage.status_id if stage else None,
        )

    def add_unsorted(self) -> AddUnsorted:
        stage = self.stage(None)
        return AddUnsorted(
            phone=self.phone,
            did=self.fact.did,
            name=self.rules.lead_name.format(phone=self.spoken),
            contact=self.client.contact,
            company=self.client.company,
            contact_name=self.rules.contact_name.format(phone=self.spoken),
            pipeline_id=stage.pipeline_id if stage else None,
            called_at=self.fact.started or 0,
            employee=say("crm.nobody_answered", self.rules.language),
        )

    def add_contact(self, employee: Employee | None) -> AddContact:
        return AddContact(
            phone=self.phone or "",
            name=self.rules.contact_name.format(phone=self.spoken),
            responsible=employee.user_id if employee else self.rules.default_employee,
        )

    def note(self, employee: Employee | None, status: CallStatus, text: str = "") -> LogCall:
        """A call nobody took is credited to the client's responsible, so that it shows in his statistics."""
        return LogCall(
            inbound=self.inbound,
            phone=self.phone or "",
            employee=employee.user_id if employee else self.client.responsible or self.rules.default_employee,
            status=status,
            at=self.fact.at or 0,
            text=text,
        )

    def popup(
        self,
        employees: tuple[Employee, ...],
        state: PopupState,
        only_in: tuple[PopupState, ...] | None = None,
        **more: Any,
    ) -> ShowPopup:
        """`more` are details beyond who the client is; what is unknown is left out."""
        return ShowPopup(
            employees=tuple(each.user_id for each in employees),
            state=state,
            details={name: value for name, value in (self._who() | more).items() if value not in (None, "")},
            only_in=only_in,
        )

    def _who(self) -> dict[str, Any]:
        party, lead, earlier = self.client.party, self.client.lead, self.knowledge.earlier
        return {
            "direction": self.fact.direction.value,
            "phone": self.spoken,
            "number": self.phone,
            "did": self.fact.did,
            "name": party.name if party else None,
            "company": party.company if party else None,
            "party": {"entity": party.entity.value, "id": party.id} if party else None,
            "lead": {"id": lead.id, "name": lead.name, "price": lead.price, "stage": lead.stage} if lead else None,
            "responsible": self._responsible(),
            "others": self._others(),
            "is_new": party is None if self.phone else None,
            "calls": {"total": earlier.total, "last": earlier.last} if earlier else None,
        }

    def _others(self) -> list[dict[str, Any]] | None:
        """Who else has the number, as far as a popup has room for them; the employee may say that it is one of them."""
        others = [each for each in sorted(self.knowledge.parties, key=rank) if each != self.client.party]
        return [shown(each) for each in others[:MOST_OTHERS]] or None

    def _responsible(self) -> dict[str, Any] | None:
        user_id = self.client.responsible
        known = next(({"name": each.name} for each in self.rules.employees if each.user_id == user_id), {})
        return {"id": user_id, **known} if user_id else None

    def stage(self, employee: Employee | None) -> Stage | None:
        """By the number that was dialled, by employee, or the account's default."""
        did = phones.key(self.fact.did, self.rules.country) if self.rules.stages_by_did else None
        dialled = self.rules.stages_by_did.get(did) if did else None
        return dialled or (employee.stage if employee else None) or self.rules.stage
