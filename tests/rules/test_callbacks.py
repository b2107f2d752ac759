"""Requests from sites, as one table: what happens, what is known of the client, what came with the request → what is
done in the CRM, and who sees a popup. Whom to ring, when again, and when it is over.

The people are those of test_rules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend.calls.facts import CallAnswered, CallEnded, Direction, EmployeeAnswered, Ending, RequestEnded
from backend.calls.facts import from_json as fact_from_json
from backend.calls.facts import to_json as fact_to_json
from backend.calls.intents import Intent, ShowPopup, from_json, to_json
from backend.calls.rules.callback_plan import (
    OVER,
    CallbackPlan,
    CallbackRequest,
    Next,
    Site,
    after_client,
    after_nobody,
    targets,
)
from backend.calls.rules.callback_policy import answered, ended
from backend.calls.rules.policy import Decision, decide
from backend.calls.rules.rules import Stage
from tests.rules.test_rules import CLIENT, KNOWN, RULES, SET, cells, fact, seen, told

TABLE = """
| what happens      | the CRM knows        | came with        | set            | done in the CRM                                             | popups                           |
|-------------------|----------------------|------------------|----------------|-------------------------------------------------------------|----------------------------------|
| 101 picks up      | nobody               |                  |                | new lead and contact for Anna; parameters                   | Anna dialling                    |
| 101 picks up      | contact without lead |                  |                | new lead of contact 11 for Anna; parameters                 | Anna dialling                    |
| 101 picks up      | contact with lead    |                  |                | parameters                                                  | Anna dialling lead 71            |
| 101 picks up      | waiting record       |                  |                | accept record for Anna else new lead; parameters            | Anna dialling                    |
| 101 picks up      | nobody               | lead             |                | parameters                                                  | Anna dialling                    |
| 101 picks up      | nobody               | stage of site    |                | new lead and contact for Anna in 9/91; parameters           | Anna dialling                    |
| 101 picks up      | nobody               |                  | no-lead number | new contact for Anna; parameters                            | Anna dialling                    |
| 101 picks up      | contact without lead |                  | no-lead number | parameters                                                  | Anna dialling                    |
| 999 picks up      | nobody               |                  | default Vera   | new lead and contact for Vera; parameters                   | Vera dialling                    |
| 101 picks up      | nobody               | attempt before   |                | at callback-r-1                                             | Anna dialling                    |
| nobody in time    | nobody               |                  |                | form with new contact; parameters                           | Vera missed                      |
| nobody in time    | contact without lead |                  |                | form with contact 11; parameters                            | Vera missed                      |
| nobody in time    | contact with lead    |                  |                | parameters                                                  | Anna, Boris, Vera missed lead 71 |
| nobody in time    | contact with lead    |                  | all means Anna | parameters                                                  | Anna missed lead 71              |
| nobody in time    | waiting record       |                  |                | use record else form; parameters                            | Vera missed                      |
| nobody in time    | nobody               | lead             |                | parameters                                                  | Anna, Boris, Vera missed         |
| nobody in time    | nobody               |                  | no-lead number | new contact; parameters                                     | Vera missed                      |
| a person stops it | nobody               |                  |                | form with new contact; parameters                           |                                  |
| a person stops it | contact with lead    |                  |                | parameters                                                  |                                  |
| the client talks  | contact with lead    |                  |                | at 17.1; parameters                                         |                                  |
| the client talks  | nobody               |                  |                | at 17.1; parameters                                         |                                  |
"""  # noqa: E501

SITE = Site(name="shop.example", target="500", departments={"Sales": "103"})
REQUEST = CallbackRequest(
    site=SITE, name="Ольга", comment="про доставку", parameters=(("utm_source", "ya"), ("size", "XL"))
)
CAME_WITH: dict[str, dict[str, Any]] = {
    "": {},
    "lead": {"lead": 88},
    "stage of site": {"site": replace(SITE, stage=Stage(pipeline_id=9, status_id=91))},
    "attempt before": {"placed": "callback-r-1"},
}
ENDINGS = {
    "nobody in time": (Ending.NOBODY, None),
    "a person stops it": (Ending.STOPPED, None),
    "the client talks": (Ending.MET, "17.1"),
}
ROWS = [cells(line) for line in TABLE.strip().splitlines()[2:]]
NAMES = [" · ".join(filter(None, row[:4])) for row in ROWS]


def decided(row: list[str]) -> Decision:
    request, rules = replace(REQUEST, **CAME_WITH[row[2]]), replace(RULES, **SET[row[3]])
    happened = fact_of(row[0])
    if isinstance(happened, EmployeeAnswered):
        return answered(happened, request, KNOWN[row[1]], rules)
    return ended(happened, request, KNOWN[row[1]], rules)


def fact_of(words: str) -> EmployeeAnswered | RequestEnded:
    if words.endswith("picks up"):
        of_call: dict[str, Any] = {"call": "callback-r-2", "direction": Direction.OUTBOUND}
        return EmployeeAnswered(**of_call, at=1000.0, client=CLIENT, did=None, extension=words.split()[0])
    ending, met = ENDINGS[words]
    of_request: dict[str, Any] = {"call": "callback-r", "direction": Direction.REQUEST, "did": "shop.example"}
    return RequestEnded(**of_request, at=1000.0, client=CLIENT, ending=ending, started=990.0, met=met)


def in_words(intent: Intent) -> str:
    values: Any = intent
    match intent.kind:
        case "add-note":
            return "parameters"
        case "share-place":
            return f"at {values.call}"
        case "add-form":
            return "form with " + (f"contact {values.contact}" if values.contact else "new contact")
        case "use-unsorted" if values.otherwise.kind == "add-form":
            return "use record else form"
    return told(intent)


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_rule(row: list[str]) -> None:
    intents = decided(row).intents
    done = "; ".join(in_words(each) for each in intents if not isinstance(each, ShowPopup))
    assert (done, "; ".join(seen(each) for each in intents if isinstance(each, ShowPopup))) == (row[4], row[5])
    assert decided(row).reasons


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_everything_survives_being_written_down(row: list[str]) -> None:
    assert fact_from_json(fact_to_json(fact_of(row[0]))) == fact_of(row[0])
    for intent in decided(row).intents:
        if not isinstance(intent, ShowPopup):
            assert from_json(intent.kind, to_json(intent)) == intent


def test_every_parameter_is_carried_into_the_lead() -> None:
    request = replace(REQUEST, fields={"size": 501}, department="Sales")
    lead, note, popup = answered(fact_of("101 picks up"), request, KNOWN["nobody"], RULES).intents  # type: ignore[arg-type]
    values: Any = lead
    assert values.fields == (("UTM_SOURCE", "ya"), ("501", "XL"))
    assert (values.name, values.contact_name) == ("Заявка +7 916 123-45-67", "Ольга")
    assert note.text.splitlines() == [  # type: ignore[attr-defined]
        "Заявка с сайта shop.example", "Имя: Ольга", "Телефон: +7 916 123-45-67", "Комментарий: про доставку",
        "Отдел: Sales", "utm_source: ya", "size: XL",
    ]  # fmt: skip
    asked = {"name": "Ольга", "comment": "про доставку", "department": "Sales", "site": "shop.example"}
    assert isinstance(popup, ShowPopup)
    assert (popup.details["request"], popup.details["name"]) == (asked, "Ольга")


@pytest.mark.parametrize(
    "happened", ["outbound answered by 101", "outbound busy by 101"], ids=["he answers", "he does not"]
)
def test_the_call_back_itself_is_only_noted(happened: str) -> None:
    """Its place is the request's, whatever is known of the client by then."""
    knowledge = replace(KNOWN["nobody"], is_placed=True)
    of_client = fact(happened)
    assert isinstance(of_client, CallAnswered | CallEnded)
    intents = decide(of_client, knowledge, replace(RULES, failed_makes_lead=False)).intents
    assert [each.kind for each in intents if not isinstance(each, ShowPopup)] == ["log-call"]


PLAN = CallbackPlan(sites={"s": SITE}, target="500", again=30.0, again_client=60.0, tries_of_client=2)


@pytest.mark.parametrize(
    ("order", "department", "responsible", "rung"),
    [
        (CallbackPlan().order, "", None, ("500",)),
        (CallbackPlan().order, "Sales", None, ("103", "500")),
        (CallbackPlan().order, "Sales", "101", ("101", "103", "500")),
        (CallbackPlan().order, "Other", "500", ("500",)),
        (("site", "responsible"), "Sales", "101", ("500", "101")),
        (("default",), "Sales", "101", ("700",)),
        (("department",), "", "101", ()),
    ],
)
def test_whom_to_ring(order: tuple[str, ...], department: str, responsible: str | None, rung: tuple[str, ...]) -> None:
    employee = replace(RULES.employees[0], extensions=(responsible,)) if responsible else None
    plan = replace(PLAN, order=order, target="700" if order == ("default",) else "500")
    assert targets(replace(REQUEST, department=department), employee, plan) == rung


@pytest.mark.parametrize(
    ("now", "turn", "round", "following"),
    [
        (0.0, 0, 3, Next(at=0.0, turn=1)),
        (0.0, 1, 3, Next(at=0.0, turn=2)),
        (0.0, 2, 3, Next(at=30.0)),
        (570.0, 0, 1, Next(at=600.0)),
        (571.0, 0, 1, OVER),
        (600.0, 0, 2, Next(at=600.0, turn=1)),
        (601.0, 0, 2, OVER),
    ],
)
def test_when_nobody_answers(now: float, turn: int, round: int, following: Next) -> None:
    assert after_nobody(now, 600.0, turn, round, PLAN) == following


def test_a_client_who_does_not_answer_is_tried_twice_more() -> None:
    assert [after_client(0.0, tries, PLAN).at for tries in (1, 2, 3)] == [60.0, 60.0, None]
