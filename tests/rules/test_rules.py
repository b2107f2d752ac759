"""The rules as one table: what happens, what the CRM knows, what is set → what is done and who sees a popup.

Anna sits at 101, Boris at 102 (his mobile 8 916 555-00-11 is listed), Vera has no extension. Missed calls of clients
without an open lead are shown to Vera.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from backend.calls.facts import (
    CallAnswered,
    CallEnded,
    CallPassed,
    CallStarted,
    Direction,
    ExtensionRang,
    ExtensionStopped,
    Fact,
    Reason,
    Result,
    Talk,
)
from backend.calls.intents import Intent, PopupState, ShowPopup, from_json, to_json
from backend.calls.rules.client import CardKind, Knowledge, OpenLead, Party, Waiting
from backend.calls.rules.policy import Decision, decide
from backend.calls.rules.rules import Employee, LeadOwner, Rules, Stage

TABLE = """
| what happens                       | the CRM knows                 | set                 | done in the CRM                                                        | popups                                |
|------------------------------------|-------------------------------|---------------------|------------------------------------------------------------------------|---------------------------------------|
| inbound answered by 101            | nobody                        |                     | new lead and contact for Anna; note in talked Anna                     | Anna talking                          |
| inbound answered by 101            | contact without lead          |                     | new lead of contact 11 for Anna; note in talked Anna                   | Anna talking                          |
| inbound answered by 101            | contact with lead             |                     | note in talked Anna                                                    | Anna talking lead 71                  |
| inbound answered by 101            | company without lead          |                     | new lead and contact of company 31 for Anna; note in talked Anna       | Anna talking                          |
| inbound answered by 101            | company with lead             |                     | note in talked Anna                                                    | Anna talking lead 73                  |
| inbound answered by 101            | two contacts, newer with lead |                     | note in talked Anna                                                    | Anna talking lead 72                  |
| inbound answered by 101            | two contacts without leads    |                     | new lead of contact 11 for Anna; note in talked Anna                   | Anna talking                          |
| inbound answered by 101            | contact with two leads        |                     | note in talked Anna                                                    | Anna talking lead 75                  |
| inbound answered by 101            | waiting record                |                     | accept record for Anna else new lead; note in talked Anna              | Anna talking                          |
| inbound answered by 101, hidden    | nobody                        |                     | new lead for Anna; note in talked Anna                                 | Anna talking                          |
| inbound answered by 999            | nobody                        | default Vera        | new lead and contact for Vera; note in talked Vera                     | Vera talking                          |
| inbound answered by 999            | nobody                        |                     | new lead and contact; note in talked                                   |                                       |
| inbound answered by 101            | nobody                        | no-lead number      | new contact for Anna; note in talked Anna                              | Anna talking                          |
| inbound answered by 101            | contact without lead          | no-lead number      | note in talked Anna                                                    | Anna talking                          |
| inbound answered by 101            | contact with lead             | no-lead number      | note in talked Anna                                                    | Anna talking lead 71                  |
| inbound answered by 101            | contact of company 31         | no-lead company     | note in talked Anna                                                    | Anna talking                          |
| inbound answered by 101            | nobody                        | stage of DID        | new lead and contact for Anna in 5/51; note in talked Anna             | Anna talking                          |
| inbound answered by 102            | nobody                        | stage of Boris      | new lead and contact for Boris in 6; note in talked Boris              | Boris talking                         |
| inbound answered by 101            | nobody                        | stage of account    | new lead and contact for Anna in 7; note in talked Anna                | Anna talking                          |
| inbound answered by 89165550011    | nobody                        |                     | new lead and contact for Boris; note in talked Boris                   | Boris talking                         |
| inbound missed                     | nobody                        |                     | unsorted record with new contact; note in no-answer                    | Vera missed                           |
| inbound missed                     | contact without lead          |                     | unsorted record with contact 11; note in no-answer Boris               | Vera missed                           |
| inbound missed                     | contact with lead             |                     | note in no-answer Boris                                                | Anna, Boris, Vera missed lead 71      |
| inbound missed                     | contact with lead             | all means Anna      | note in no-answer Boris                                                | Anna missed lead 71                   |
| inbound missed                     | waiting record                |                     | use record else unsorted record; note in no-answer                     | Vera missed                           |
| inbound missed                     | nobody                        | no-lead number      | new contact; note in no-answer                                         | Vera missed                           |
| inbound missed, hidden             | nobody                        |                     | unsorted record; note in no-answer                                     | Vera missed                           |
| outbound answered by 102           | nobody                        |                     | new lead and contact for Boris; note out talked Boris                  | Boris talking                         |
| outbound answered by 102           | contact with lead             |                     | note out talked Boris                                                  | Boris talking lead 71                 |
| outbound answered by 102           | waiting record                |                     | accept record for Boris else new lead; note out talked Boris           | Boris talking                         |
| outbound busy by 102               | nobody                        |                     | new lead and contact for Boris; note out busy Boris «занято»           | all failed if calling (busy)          |
| outbound busy by 102               | contact with lead             |                     | note out busy Boris «занято»                                           | all failed if calling (busy)          |
| outbound busy by 102               | nobody                        | failed makes none   |                                                                        | all failed if calling (busy)          |
| outbound busy by 102               | contact without lead          | failed makes none   | note out busy Boris «занято»                                           | all failed if calling (busy)          |
| outbound no-such-number by 102     | contact with lead             |                     | note out wrong-number Boris «номер не существует»                      | all failed if calling (no-such-number) |
| outbound given-up by 102           | contact with lead             |                     | note out no-answer Boris «не дождались ответа»                         | all failed if calling (given-up)      |
| outbound refused by 102            | waiting record                |                     | use record else new lead; note out no-answer Boris «вызов отклонён»    | all failed if calling (refused)       |
| outbound begun by 102              | contact with lead             |                     |                                                                        | all dialling if calling               |
| inbound rings 101                  | contact with lead             |                     | announce +79161234567 to Anna                                          | Anna ringing lead 71                  |
| inbound rings 101                  | contact with lead             | no announcing       |                                                                        | Anna ringing lead 71                  |
| inbound rings 101                  | nobody, Anna watches          |                     |                                                                        | Anna ringing                          |
| inbound rings 101                  | nobody, Boris watches         |                     | announce +79161234567 to Anna                                          | Anna ringing                          |
| inbound rings 101, again           | nobody                        |                     |                                                                        | Anna ringing                          |
| inbound rings 101, hidden          | nobody                        |                     |                                                                        | Anna ringing                          |
| inbound rings 101                  | contact with lead             | no popup on ringing |                                                                        |                                       |
| inbound rings 999                  | nobody                        | default Vera        |                                                                        |                                       |
| inbound stops ringing 101          | nobody                        |                     |                                                                        | Anna closed if ringing                |
| inbound passed 101 to 102          | contact with lead             |                     |                                                                        | all ended if talking; Boris talking lead 71 |
| inbound ended, 101 talked 35 s     | contact with lead             |                     | finish note 35 s Anna                                                  | all ended if talking; all closed if ringing |
| inbound ended, 101 35 s, 102 70 s  | contact with lead             |                     | finish note 105 s Anna «101 Анна 0:35 → 102 Борис 1:10»                | all ended if talking; all closed if ringing |
| inbound ended, 101 35 s, 102 70 s  | contact with lead             | owner last          | finish note 105 s Anna «101 Анна 0:35 → 102 Борис 1:10»; lead to Boris | all ended if talking; all closed if ringing |
| inbound ended, 101 90 s, 102 70 s  | contact with lead             | owner longest       | finish note 160 s Anna «101 Анна 1:30 → 102 Борис 1:10»                | all ended if talking; all closed if ringing |
| inbound ended, 101 35 s, 102 70 s  | contact with lead             | owner longest       | finish note 105 s Anna «101 Анна 0:35 → 102 Борис 1:10»; lead to Boris | all ended if talking; all closed if ringing |
"""  # noqa: E501

ANNA, BORIS, VERA = 1, 2, 3
NAMES = {ANNA: "Anna", BORIS: "Boris", VERA: "Vera"}
CLIENT, DID = "+79161234567", "74951000001"
RULES = Rules(
    employees=(
        Employee(user_id=ANNA, name="Анна", extensions=("101",)),
        Employee(user_id=BORIS, name="Борис", extensions=("102",), mobiles=("89165550011",)),
        Employee(user_id=VERA, name="Вера"),
    ),
    missed_to=(VERA,),
)


def contact(id: int, *leads: int, companies: tuple[int, ...] = ()) -> Party:
    return party(CardKind.CONTACTS, id, leads, companies)


def party(entity: CardKind, id: int, leads: tuple[int, ...], companies: tuple[int, ...] = ()) -> Party:
    opened = tuple(OpenLead(id=lead, name=f"lead {lead}", responsible=BORIS) for lead in leads)
    return Party(entity=entity, id=id, name="Иван", responsible=BORIS, companies=companies, open_leads=opened)


KNOWN = {
    "nobody": Knowledge(),
    "contact without lead": Knowledge(parties=(contact(11),)),
    "contact with lead": Knowledge(parties=(contact(11, 71),)),
    "contact with two leads": Knowledge(parties=(contact(11, 75, 74),)),
    "company without lead": Knowledge(parties=(party(CardKind.COMPANIES, 31, ()),)),
    "company with lead": Knowledge(parties=(party(CardKind.COMPANIES, 31, (73,)),)),
    "two contacts, newer with lead": Knowledge(parties=(contact(11), contact(12, 72))),
    "two contacts without leads": Knowledge(parties=(contact(12), contact(11))),
    "contact of company 31": Knowledge(parties=(contact(11, companies=(31,)),)),
    "waiting record": Knowledge(waiting=Waiting(uid="abc", lead=81, contact=19)),
    "nobody, Anna watches": Knowledge(watching=frozenset({ANNA})),
    "nobody, Boris watches": Knowledge(watching=frozenset({BORIS})),
}
SET: dict[str, dict[str, Any]] = {
    "": {},
    "default Vera": {"default_employee": VERA},
    "no-lead number": {"no_lead_numbers": frozenset({"+79161234567"})},
    "no-lead company": {"no_lead_companies": frozenset({31})},
    "stage of DID": {
        "stages_by_did": {"+74951000001": Stage(pipeline_id=5, status_id=51)}, "stage": Stage(pipeline_id=7),
    },
    "stage of Boris": {
        "employees": (replace(RULES.employees[1], stage=Stage(pipeline_id=6)),), "stage": Stage(pipeline_id=7),
    },
    "stage of account": {"stage": Stage(pipeline_id=7)},
    "all means Anna": {"open_lead_missed_to": (ANNA,)},
    "failed makes none": {"failed_makes_lead": False},
    "no popup on ringing": {"popup_on_ringing": False},
    "no announcing": {"announce_without_stream": False},
    "owner last": {"lead_owner": LeadOwner.LAST},
    "owner longest": {"lead_owner": LeadOwner.LONGEST},
}  # fmt: skip


def fact(told: str) -> Fact:
    """The fact that a row's first cell tells."""
    words, _, how = told.partition(", ") if told.endswith((", hidden", ", again")) else (told, "", "")
    direction = Direction(words.split()[0])
    call: dict[str, Any] = {
        "call": "c", "at": 1000.0, "direction": direction, "client": None if how == "hidden" else CLIENT, "did": DID,
    }  # fmt: skip
    last = words.split()[-1]
    if "rings" in words:
        return ExtensionRang(**call, extension=last, turn=2 if how == "again" else 1)
    if "stops" in words:
        return ExtensionStopped(**call, extension=last)
    if "begun" in words:
        return CallStarted(**call, extension=last)
    if "passed" in words:
        return CallPassed(**call, extension=last, previous="101", turn=2)
    if "answered" in words:
        return CallAnswered(**call, extension=last)
    return ended(call, words)


def ended(call: dict[str, Any], words: str) -> CallEnded:
    at, talks = 1000.0, []
    for extension, seconds in re.findall(r"(10\d) (?:talked )?(\d+) s", words):
        talks.append(Talk(extension=extension, start=at, end=at + int(seconds)))
        at += int(seconds)
    failed = words.split()[1] if call["direction"] is Direction.OUTBOUND else None
    result = Result.ANSWERED if talks else Result.FAILED if failed else Result.MISSED
    by = talks[0].extension if talks else words.split()[-1] if failed else None
    return CallEnded(
        **call, result=result, reason=Reason(failed) if failed else None, extension=by, talks=tuple(talks),
        started=990.0, answered=1000.0 if talks else None, recording=None,
    )  # fmt: skip


def told(intent: Intent) -> str:
    """An intent in the words of the table."""
    values: Any = intent
    match intent.kind:
        case "open-lead":
            return "new lead" + new_contact(values) + of(values) + to(values.responsible) + place(values)
        case "add-contact":
            return "new contact" + to(values.responsible)
        case "add-unsorted":
            with_new = " with new contact" if values.phone and not values.contact else ""
            return "unsorted record" + with_new + (f" with contact {values.contact}" if values.contact else "")
        case "use-unsorted":
            use = f"accept record{to(values.employee)}" if values.accept else "use record"
            return f"{use} else {told(values.otherwise).split(' and')[0].split(' with')[0]}"
        case "log-call":
            words = ("note", "in" if values.inbound else "out", values.status.value, NAMES.get(values.employee, ""))
            return " ".join(filter(None, words)) + quoted(values.text)
        case "finish-call":
            return f"finish note {values.duration} s {NAMES[values.employee]}{quoted(values.text)}"
        case "hand-over-lead":
            return f"lead to {NAMES[values.employee]}"
        case "announce-call":
            return f"announce {values.phone} to {', '.join(NAMES[each] for each in values.employees)}"
    raise AssertionError(intent)


def new_contact(values: Any) -> str:
    return " and contact" if values.phone and not values.contact else ""


def of(values: Any) -> str:
    return (
        f" of contact {values.contact}" if values.contact else f" of company {values.company}" if values.company else ""
    )


def to(employee: int | None) -> str:
    return f" for {NAMES[employee]}" if employee else ""


def place(values: Any) -> str:
    return f" in {values.pipeline_id}{f'/{values.status_id}' if values.status_id else ''}" if values.pipeline_id else ""


def quoted(text: str) -> str:
    return f" «{text}»" if text else ""


def seen(popup: ShowPopup) -> str:
    who = "all" if popup.employees is None else ", ".join(NAMES[each] for each in popup.employees)
    lead = popup.details.get("lead")
    only = popup.only_in if popup.employees is None or popup.state is PopupState.CLOSED else None
    why = popup.details.get("reason") if popup.state is PopupState.FAILED else None
    words = (
        who, popup.state.value, f"lead {lead['id']}" if lead else "", f"if {only[0].value}" if only else "",
        f"({why})" if why else "",
    )  # fmt: skip
    return " ".join(filter(None, words))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


ROWS = [cells(line) for line in TABLE.strip().splitlines()[2:]]


def decided(row: list[str]) -> Decision:
    return decide(fact(row[0]), KNOWN[row[1]], replace(RULES, **SET[row[2]]))


@pytest.mark.parametrize("row", ROWS, ids=[" · ".join(filter(None, row[:3])) for row in ROWS])
def test_rule(row: list[str]) -> None:
    intents = decided(row).intents
    done = "; ".join(told(each) for each in intents if not isinstance(each, ShowPopup))
    popups = [seen(each) for each in intents if isinstance(each, ShowPopup) and each.employees != ()]
    if any(word in row[0] for word in ("missed", "answered", "passed")):  # whatever else rings is closed
        popups.remove("all closed if ringing")
    assert (done, "; ".join(popups)) == (row[3], row[4])


@pytest.mark.parametrize("row", ROWS, ids=[" · ".join(filter(None, row[:3])) for row in ROWS])
def test_every_intent_survives_being_written_down(row: list[str]) -> None:
    for intent in decided(row).intents:
        if not isinstance(intent, ShowPopup):
            assert from_json(intent.kind, to_json(intent)) == intent


def test_every_decision_says_why() -> None:
    assert [
        row[:3] for row in ROWS if not {"ended,", "stops", "begun"} & {*row[0].split()} and not decided(row).reasons
    ] == []


def test_internal_calls_do_nothing() -> None:
    internal = replace(fact("inbound answered by 101"), direction=Direction.INTERNAL)
    assert decide(internal, KNOWN["contact with lead"], RULES).intents == ()
