"""Addresses that are open to the world: recordings, uploads, one-time tokens, forms of sites."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from backend.amocrm.oauth import Integration
from backend.amocrm.onetime import BadToken, Visitor, audiences, verify
from backend.calls import forms
from backend.store import db
from backend.store.journal import journal
from tests.firm import Firm
from tests.fuzz.effort import LONG, QUICK

# ---- recordings

ODD = st.sampled_from([
    "..", "../..", "%2e%2e", "%2f", "%00", "\\", "etc/passwd", "", ".", "~", "%", "%25", "'", '"', "<b>", "٣", "-1",
    "0", "1" * 30, "a" * 24, "a" * 3000, ".mp3", "upload", "?", "#", ";", "a\r\nX: y", "²",
])  # fmt: skip
PIECE = st.one_of(ODD, st.text(max_size=30))
PATH = st.lists(PIECE, min_size=1, max_size=5).map("/".join)
RANGE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["bytes=0-", "bytes=-1", "bytes=9-1", "bytes=0-0,5-6", "bytes=" + "0-1," * 900]),
)


def _is_not_there(firm: Firm, path: str, range: str, method: str) -> None:
    try:
        headers = {"Range": range.encode("utf-8").decode("latin-1").replace("\r", "").replace("\n", "")}
        answer = firm.app.test_client().open(f"/recordings/{path}", method=method, headers=headers)
    except (ValueError, UnicodeError):  # no such request can be made
        return
    assert answer.status_code in (301, 308, 400, 404, 405), answer.status
    assert not answer.data.startswith(b"root:")


METHOD = st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"])


@QUICK
@given(path=PATH, range=RANGE, method=METHOD)
def test_no_address_of_a_recording_that_was_not_given_leads_anywhere(
    firm: Firm, path: str, range: str, method: str
) -> None:
    _is_not_there(firm, path, range, method)


@pytest.mark.drill
@LONG
@given(path=PATH, range=RANGE, method=METHOD)
def test_no_address_of_a_recording_that_was_not_given_leads_anywhere_long(
    firm: Firm, path: str, range: str, method: str
) -> None:
    _is_not_there(firm, path, range, method)


def test_a_recordings_token_is_good_for_its_own_account_alone(firm: Firm, other: Firm) -> None:
    call = firm.talk("+79161234567", "101")
    with firm.app.app_context():
        row = journal.call(firm.id, call)
        assert row is not None
        token = row.recording_token
        db.session.rollback()
    client = firm.app.test_client()
    mine, theirs = (client.get(f"/recordings/{each}/{token}.mp3") for each in (firm.id, other.id))
    nobodys = client.get(f"/recordings/{other.id}/{'x' * len(token)}.mp3")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.data == nobodys.data
    assert mine.data != theirs.data  # his own is known, and not ready


# ---- one-time tokens

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = ("iss", "aud", "jti", "iat", "nbf", "exp", "account_id", "user_id", "client_uuid", "is_admin", "subdomain")


def genuine(firm: Firm) -> str:
    return firm.account.widget_token(firm.people["Анна"])


def ours(firm: Firm) -> Integration:
    found = firm.app.extensions["integration"]
    assert isinstance(found, Integration)
    return found


def _opens_nothing(firm: Firm, at: int, character: str) -> None:
    token = genuine(firm)
    place = at % len(token)
    spoilt = token[:place] + character + token[place + 1 :]
    if _bytes_of(spoilt) != _bytes_of(token):
        with pytest.raises(BadToken):
            verify(spoilt, ours(firm), time.time())


def _bytes_of(token: str) -> list[Any]:
    """The last character of a part holds bits that mean nothing."""
    try:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
    except ValueError:
        return [token]


@QUICK
@given(at=st.integers(0, 2_000), character=st.text(max_size=2))
def test_a_token_with_anything_changed_opens_nothing(firm: Firm, at: int, character: str) -> None:
    _opens_nothing(firm, at, character)


@pytest.mark.drill
@LONG
@given(at=st.integers(0, 2_000), character=st.text(max_size=2))
def test_a_token_with_anything_changed_opens_nothing_long(firm: Firm, at: int, character: str) -> None:
    _opens_nothing(firm, at, character)


@QUICK
@given(
    changed=st.dictionaries(st.sampled_from(CLAIMS), JSON, min_size=1, max_size=4),
    header=st.sampled_from(["HS256", "none", "HS512"]),
)
def test_whatever_a_token_claims_it_is_a_visitor_or_refused(firm: Firm, changed: dict[str, Any], header: str) -> None:
    """Signed as amoCRM does: even its own mistakes must not break us."""
    integration, now = ours(firm), time.time()
    claims = {
        "iss": firm.account.url, "aud": audiences(integration.redirect_uri)[0], "iat": int(now), "nbf": int(now),
        "exp": int(now) + 60, "account_id": firm.id, "user_id": 7, "client_uuid": integration.client_id, **changed,
    }  # fmt: skip
    try:
        token = signed(claims, integration.client_secret, header)
    except (ValueError, TypeError, OverflowError):  # cannot be said in JSON
        return
    try:
        visitor = verify(token, integration, now)
    except BadToken:
        return
    assert header == "HS256"
    assert isinstance(visitor, Visitor)
    assert isinstance(visitor.account_id, int)
    assert ("account_id" in changed) or visitor.account_id == firm.id


def signed(claims: dict[str, Any], secret: str, algorithm: str) -> str:
    if algorithm == "none":
        parts = (json.dumps({"alg": "none", "typ": "JWT"}), json.dumps(claims))
        return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts) + "."
    key = OctKey.import_key(secret)
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "e30.e30.", "é", "x" * 5_000, "\0"])
def test_no_token_at_all(firm: Firm, token: str) -> None:
    with pytest.raises(BadToken):
        verify(token, ours(firm), time.time())


# ---- forms of sites; `callback_door` puts such bodies through the door itself

FIELDS = st.lists(st.tuples(st.text(max_size=60), st.text(max_size=300)), max_size=100)


def _is_read(fields: list[tuple[str, str]]) -> None:
    form = forms.read(fields)
    whole = [form.phone, form.name, form.comment, form.department, *(text for pair in form.parameters for text in pair)]
    assert len(form.parameters) <= forms.MOST_FIELDS
    assert all(len(each) <= forms.LONGEST_VALUE and "\0" not in each for each in whole)
    assert json.dumps(whole, ensure_ascii=False).encode()


test_any_form = QUICK(given(FIELDS)(_is_read))
test_any_form_long = pytest.mark.drill(LONG(given(FIELDS)(_is_read)))
