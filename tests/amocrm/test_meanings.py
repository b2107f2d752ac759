"""What each answer means, however it is asked: every one that amoCRM, or a server before it, was seen to give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.amocrm import outcome, requests
from backend.amocrm.errors import AmoError, Need, NeedsPerson, Rejected, TryLater, Unclear, Unexplained
from backend.amocrm.outcome import Reply
from backend.amocrm.requests import Entity, NoteType, Way

ASKED = {
    Way.ONE: requests.lead(7),
    Way.ALL: requests.everything(Entity.CONTACTS),
    Way.CHANGE: requests.accept_unsorted("ab", user_id=1),
    Way.ADD: requests.add_complex([{"name": "Звонок"}]),
}
PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
TITLES = {400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found"}


def problem(status: int, detail: str = "", **more: Any) -> Reply:
    body = {"title": TITLES.get(status, "Error"), "type": f"https://httpstatus.es/{status}", "status": status}
    return Reply(status=status, body=json.dumps({**body, "detail": detail, **more}).encode())


def page(status: int) -> Reply:
    return Reply(status=status, body=PAGE, content_type="text/html")


def invalid(code: str, path: str) -> Reply:
    errors = [{"code": code, "path": path, "detail": ""}]
    more = {"validation-errors": [{"request_id": "0", "errors": errors}]}
    return problem(400, "Request validation failed", **more)


def meaning(reply: Reply, way: Way) -> Any:
    """What comes of it: a value, the need of a person, or the kind of error."""
    try:
        return outcome.result(ASKED[way], reply)
    except NeedsPerson as refusal:
        return refusal.need
    except AmoError as error:
        return type(error)


LATER = (TryLater,) * 4
PASSES = (TryLater, TryLater, Unclear, Unclear)
NO_REASON = (Unexplained,) * 4
REFUSED = (Rejected,) * 4

CASES: dict[str, tuple[Reply, tuple[Any, ...]]] = {
    # success
    "an empty list, a card that is not there": (Reply(status=204, body=b""), (None,) * 4),
    "JSON": (Reply(status=200, body=b'{"id": 7}'), ({"id": 7},) * 4),
    "202 with a free body": (Reply(status=202, body=b""), (TryLater, TryLater, None, None)),
    "a page with status 200": (page(200), PASSES),
    "a body that was cut": (Reply(status=200, body=b'{"id": 7'), PASSES),
    # a page in the place of amoCRM's word, of whatever status: maintenance, a balancer, a guard
    **{f"a page of {status}": (page(status), PASSES) for status in
       (302, 307, 400, 402, 404, 405, 408, 409, 413, 418, 421, 423, 425, 500, 502, 503, 504, 520)},
    "somebody else's JSON": (Reply(status=404, body=b'{"message": "no Route matched"}'), PASSES),
    "a page of 403": (page(403), (Need.BLOCKED,) * 4),
    "a page of 429": (page(429), LATER),
    # amoCRM's own word
    **{f"{status} passes": (problem(status), PASSES) for status in (301, 302, 307, 308, 408, 425, 500, 502, 503, 504)},
    "429": (problem(429, "Too many", retry_after=300), LATER),
    "401 after a renewal": (problem(401, "Unauthorized"), LATER),
    "401 with one of its codes": (problem(401, "Код ошибки 110"), LATER),
    "402": (problem(402, "Account is not paid"), (Need.UNPAID,) * 4),
    "402 in the words of a 400": (problem(400, "Код ошибки 402"), (Need.UNPAID,) * 4),
    "403": (problem(403, "Access denied"), (Need.RIGHTS,) * 4),
    "a permission of the integration": (problem(403, "Invalid scope"), (Need.RIGHTS,) * 4),
    "an address that is not on the list": (problem(403, "Код ошибки 113"), (Need.BLOCKED,) * 4),
    **{f"code {code} in words": (problem(400, f"Код ошибки {code}"), (Need.RIGHTS,) * 4) for code in (202, 244, 288)},
    "a code alone": (problem(400, "244"), (Need.RIGHTS,) * 4),
    "a code as a validation error": (invalid("244", ""), (Need.RIGHTS,) * 4),
    "gone": (problem(404, "Not found"), (None, TryLater, Rejected, Unexplained)),
    "no such route": (problem(404, "Cannot DELETE https://acme.amocrm.ru/unsorted/0a!"), REFUSED),
    # final
    "a field": (invalid("NotSupportedChoice", "responsible_user_id"), REFUSED),
    "a field that was not expected": (invalid("FieldNotExpected", "custom_fields_values.0.values.0"), REFUSED),
    "a blank": (invalid("NotBlank", "source"), REFUSED),
    "too long": (invalid("TooLong", "params.text"), REFUSED),
    "a null": (invalid("NotNullable", "request_id"), REFUSED),
    "empty": (problem(400, "Request data can not be empty"), REFUSED),
    "invalid": (problem(400, "Invalid request data"), REFUSED),
    **{f"final code {code}": (problem(400, f"Код ошибки {code}"), REFUSED) for code in (226, 282, 426)},
    # refused without a word of why: it often passes
    "try again": (problem(400, "Возникла системная ошибка. Пожалуйста, повторите попытку."), NO_REASON),
    **{f"code {code}": (problem(400, f"Код ошибки {code}"), NO_REASON) for code in (203, 219, 233, 234, 330)},
    **{f"a bare {status}": (problem(status), NO_REASON) for status in (400, 405, 409, 413, 418, 421, 423)},
    "limits": (problem(422, "Limit 250 per page"), NO_REASON),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", Way)
def test_an_answer_means(case: str, way: Way) -> None:
    reply, wanted = CASES[case]
    assert meaning(reply, way) == wanted[list(Way).index(way)]


def test_two_errors_of_one_path_are_both_told() -> None:
    errors = [{"code": code, "path": "responsible_user_id", "detail": ""} for code in ("InvalidType", "NotBlank")]
    reply = problem(400, **{"validation-errors": [{"request_id": "0", "errors": errors}]})
    assert [each.code for each in outcome.rejection(reply).problems] == ["InvalidType", "NotBlank"]


@given(st.integers(200, 599), st.binary(max_size=60), st.sampled_from(Way))
def test_what_is_not_amocrms_own_word_takes_nothing_away(status: int, body: bytes, way: Way) -> None:
    reply = Reply(status=status, body=body)
    found = meaning(reply, way)
    if reply.problem or reply.json is not None or status == 204:
        return
    assert found is not Rejected
    assert found is not Unexplained
    if not (200 <= status < 300):
        assert found in (TryLater, Unclear, Need.BLOCKED)


@pytest.mark.parametrize(
    ("request_", "way"),
    [
        (requests.contact(1), Way.ONE), (requests.notes_of(Entity.LEADS, 1, [NoteType.CALL_IN]), Way.ONE),
        (requests.contacts_with("9161234567"), Way.ALL), (requests.pipelines(), Way.ALL), (requests.users(), Way.ALL),
        (requests.account(), Way.ALL), (requests.unsorted_records(), Way.ALL),
        (requests.change_notes(Entity.LEADS, []), Way.CHANGE), (requests.hand_over(1, 2), Way.CHANGE),
        (requests.add_notes(Entity.LEADS, []), Way.ADD), (requests.add_unsorted_calls([]), Way.ADD),
    ],
)  # fmt: skip
def test_how_requests_ask(request_: requests.Request, way: Way) -> None:
    assert request_.way is way
