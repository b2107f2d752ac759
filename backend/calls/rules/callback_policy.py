"""What a request from a site does to the CRM: when an employee answers it, and when it ends before any did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend.calls.facts import EmployeeAnswered, Ending, RequestEnded, Result
from backend.calls.intents import (
    AddForm,
    AddNote,
    AddUnsorted,
    CreateLead,
    Intent,
    PopupState,
    SharePlace,
    ShowPopup,
    UseUnsorted,
)
from backend.calls.rules.callback_plan import CallbackRequest
from backend.calls.rules.case import Case
from backend.calls.rules.client import Knowledge
from backend.calls.rules.policy import Decision
from backend.calls.rules.rules import Employee, Rules, employee_at, everybody, named
from backend.words import say, under

LONGEST_TITLE = 250  # characters of a name in the CRM (docs/amocrm-contract.md §3.5)
PAGES = ("page", "url", "form_page", "referer", "referrer")  # parameters that may name the page, the best first
# amoCRM's own tracking fields of a lead, by code
TRACKED = frozenset({
    "UTM_SOURCE", "UTM_MEDIUM", "UTM_CAMPAIGN", "UTM_CONTENT", "UTM_TERM", "UTM_REFERRER", "ROISTAT", "REFERRER",
    "OPENSTAT_SERVICE", "OPENSTAT_CAMPAIGN", "OPENSTAT_AD", "OPENSTAT_SOURCE", "FROM", "GCLIENTID", "_YM_UID",
    "_YM_COUNTER", "GCLID", "YCLID", "FBCLID",
})  # fmt: skip


@dataclass(frozen=True)
class RequestCase(Case):
    """A fact of a request beside what was filled in."""

    request: CallbackRequest

    @property
    def contact_name(self) -> str:
        return self.request.name[:LONGEST_TITLE] or self.rules.contact_name.format(phone=self.spoken)

    @property
    def of_site(self) -> dict[str, Any]:
        """What a new lead has from the request."""
        stage = self.request.site.stage
        return {
            "name": say("crm.request_name", self.rules.language, phone=self.spoken),
            "contact_name": self.contact_name,
            "fields": tuple(_fields(self.request)),
            **({"pipeline_id": stage.pipeline_id} if stage else {}),
        }

    def open_lead(self, employee: Employee | None) -> CreateLead:
        stage = self.request.site.stage
        own = self.of_site | ({"status_id": stage.status_id} if stage else {})
        return CreateLead(**_values(super().open_lead(employee)) | own)

    def add_unsorted(self) -> AddUnsorted:
        parameters = {name.lower(): value for name, value in self.request.parameters}
        page = next((parameters[name] for name in PAGES if parameters.get(name)), "")
        return AddForm(**_values(super().add_unsorted()) | self.of_site, page=page)

    def parameters(self, employee: Employee | None) -> AddNote:
        """Everything that was filled in, for people to read."""
        text = "\n".join(_told(self.request, self.spoken, self.rules.language))
        return AddNote(text=text, employee=employee.user_id if employee else None, at=self.fact.at or 0)

    def shown(self, employees: tuple[Employee, ...], state: PopupState, **more: Any) -> ShowPopup:
        request, party = self.request, self.client.party
        told = {
            "name": request.name, "comment": request.comment, "department": request.department,
            "site": request.site.name,
        }  # fmt: skip
        known = {"request": {name: value for name, value in told.items() if value}, **more}
        return self.popup(employees, state, **known | ({"name": request.name} if party is None else {}))


def answered(fact: EmployeeAnswered, request: CallbackRequest, knowledge: Knowledge, rules: Rules) -> Decision:
    """As an inbound call answered; a later attempt belongs where the first one that was answered does."""
    case = RequestCase(fact, knowledge, rules, request)
    employee, why = employee_at(fact.extension, rules)
    popup = case.shown((employee,) if employee else (), PopupState.DIALLING)
    if request.placed:
        place: tuple[Intent, ...] = (SharePlace(call=request.placed),)
        return Decision(client=case.client, intents=(*place, popup), reasons=(why, "belongs to the attempt before"))
    place, because = _place(case, employee, talked=True)
    reasons = (case.client.why, why, because)
    return Decision(client=case.client, intents=(*place, case.parameters(None), popup), reasons=reasons)


def ended(fact: RequestEnded, request: CallbackRequest, knowledge: Knowledge, rules: Rules) -> Decision:
    """One record of everything; nobody has to be told where a person stopped it, or the client has talked."""
    case = RequestCase(fact, knowledge, rules, request)
    if fact.met:
        intents = (SharePlace(call=fact.met), case.parameters(None))
        return Decision(client=case.client, intents=intents, reasons=(f"the client talked in call {fact.met}",))
    place, because = _place(case, None, talked=False)
    popups: tuple[Intent, ...] = ()
    if fact.ending is Ending.NOBODY:
        shown_to = everybody(rules) if case.client.lead or request.lead else named(rules.missed_to, rules)
        popups = (case.shown(shown_to, PopupState.MISSED, result=Result.MISSED.value),)
    reasons = (case.client.why, because)
    return Decision(client=case.client, intents=(*place, case.parameters(None), *popups), reasons=reasons)


def _place(case: RequestCase, employee: Employee | None, *, talked: bool) -> tuple[tuple[Intent, ...], str]:
    """What has to exist in the CRM before the parameters can be noted, and why."""
    if case.request.lead:
        return (), f"the request came with lead {case.request.lead}"
    if case.client.lead:
        return (), "the open lead is used: no new lead"
    new = case.open_lead(employee) if talked else case.add_unsorted()
    if waiting := case.waiting:
        use = UseUnsorted(
            uid=waiting.uid, lead=waiting.lead, contact=waiting.contact, accept=talked,
            employee=employee.user_id if employee else None, otherwise=new, is_ours=waiting.is_ours,
        )  # fmt: skip
        return (use,), f"unsorted record {waiting.uid[:8]} of this number still waits: its lead is used"
    if case.spared:
        place = () if case.client.party else (case.add_contact(employee),)
        return place, "on the no-lead list: no lead"
    return (new,), "no open lead: a new one" if talked else "no open lead: one unsorted record"


def _values(intent: Any) -> dict[str, Any]:
    return {name: getattr(intent, name) for name in intent.__dataclass_fields__ if name not in ("kind", "channel")}


def _fields(request: CallbackRequest) -> Iterator[tuple[str, str]]:
    """The lead's custom fields, by id or by the code of a tracking field; each once, the first value counts."""
    found: dict[str, str] = {}
    for name, value in request.parameters:
        if name in request.fields:
            found.setdefault(str(request.fields[name]), value)
        elif name.upper() in TRACKED:
            found.setdefault(name.upper(), value)
    yield from found.items()


def _told(request: CallbackRequest, phone: str, language: str) -> Iterator[str]:
    titles = under("crm.request", language)
    yield f"{titles['site']} {request.site.name}".rstrip()
    for title, value in (
        (titles["name"], request.name),
        (titles["phone"], phone),
        (titles["comment"], request.comment),
        (titles["department"], request.department),
        *request.parameters,
    ):
        if value:
            yield f"{title}: {value}"
