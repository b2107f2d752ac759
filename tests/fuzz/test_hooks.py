"""amoCRM's webhooks are not signed: whatever comes to such an address is answered, and touches one account at most."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.amocrm.hooks import KINDS, PARTIES, BadDelivery, delivery
from backend.store import db
from backend.store.phonebook import webhooks
from tests.firm import Firm
from tests.fuzz.effort import LONG, QUICK

NAME = st.one_of(
    st.builds(
        "{}[{}][{}][{}]".format,
        st.sampled_from(["contacts", "leads", "companies", "unsorted", "task", "", "leads[add]"]),
        st.sampled_from(["add", "update", "delete", "status", "note", "x" * 50, "²"]),
        st.sampled_from(["0", "1", "-1", "9" * 30, "x"]),
        st.sampled_from(["id", "uid", "type", "name", "id]["]),
    ),
    st.sampled_from(["account[id]", "account[id][]", "account", "["]),
    st.text(max_size=20),
)
VALUE = st.one_of(
    st.integers().map(str), st.text(max_size=30), st.sampled_from(["7", "-7", "9" * 5_000, "1e5", "٣", "\0", "company"])
)
PAIRS = st.lists(st.tuples(NAME, VALUE), max_size=30)
BODY = st.one_of(
    PAIRS.map(urlencode), st.text(max_size=300), st.just("&" * 60_000), st.just("leads[add][0][id]=1&" * 60_000)
)


def _is_understood_or_refused(body: str) -> None:
    try:
        told = delivery(body)
    except BadDelivery:
        return
    for each in told.changes:
        assert each.entity in (*KINDS, PARTIES)
        assert 0 < len(each.id) <= 100
        assert "\0" not in each.id


test_any_body = QUICK(given(BODY)(_is_understood_or_refused))
test_any_body_long = pytest.mark.drill(LONG(given(BODY)(_is_understood_or_refused)))


def key_of(firm: Firm) -> str:
    with firm.app.app_context():
        key = webhooks.of(firm.id).key
        db.session.commit()
    return key


def news(firm: Firm) -> int:
    with firm.app.app_context():
        query = text("select count(*) from phonebook_news where account_id = :account")
        return int(db.session.scalar(query, {"account": firm.id}) or 0)


@QUICK
@given(
    body=st.one_of(st.binary(max_size=200), PAIRS.map(urlencode).map(str.encode)),
    tail=st.sampled_from(["", "x", "%00", "/", "/../1"]),
)
def test_any_delivery_is_answered(firm: Firm, other: Firm, body: bytes, tail: str) -> None:
    before = news(other)
    path = f"/hooks/{key_of(firm)}{tail}"
    answer = firm.app.test_client().post(path, data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in ((200, 400) if not tail else (400, 404, 405, 308))
    assert news(other) == before


def test_another_accounts_delivery_is_refused(firm: Firm, other: Firm) -> None:
    body: dict[str, Any] = {"account[id]": other.id, "contacts[add][0][id]": 7}
    before = news(firm), news(other)
    assert firm.app.test_client().post(f"/hooks/{key_of(firm)}", data=body).status_code == 400
    assert (news(firm), news(other)) == before
