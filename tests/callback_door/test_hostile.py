"""Whatever bytes come, the door answers in words, at once, and a real request beside them is let in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from backend.calls import forms
from backend.store import db
from tests.callback_door.conftest import KEY, PHONE, Shop, told

KINDS = [
    "application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data; boundary=x",
    "multipart/form-data", "application/json; charset=utf-16", "x", "",
]  # fmt: skip
FORM = KINDS[0]

BODIES: list[tuple[str, bytes]] = [
    ("application/json", b"[" * 30_000),
    ("application/json", b'{"a":' * 6_000),
    ("application/json", b'{"a":' * 900 + b"1" + b"}" * 900),
    ("application/json", b'{"a":' + b"9" * 30_000 + b"}"),
    ("application/json", b"[1,2]"),
    ("application/json", b'"phone"'),
    ("application/json", b"null"),
    ("application/json", b""),
    ("application/json", b"\xff\xfe{}"),
    ("application/json", b"{bad"),
    (FORM, b"&" * 32_000),
    (FORM, b"=" * 32_000),
    (FORM, b"a&" * 16_000),
    (FORM, b"%" * 32_000),
    (FORM, b"\x00" * 32_000),
    (FORM, b"[" * 32_000),
    (FORM, b"a" + b"[0]" * 10_000 + b"=1"),
    (FORM, b"p[a" * 10_000 + b"=1"),
    ("multipart/form-data; boundary=x", b"--x\r\n" * 6_000),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="phone"\r\n\r\n'),
]


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_no_form(shop: Shop, kind: str, body: bytes) -> None:
    answer = shop.post(body, content_type=kind)
    assert told(answer)[0] in (400, 413, 422)
    assert shop.rows == []


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)
USUAL = settings(max_examples=60)


@USUAL
@given(body=st.binary(max_size=400), kind=st.sampled_from(KINDS))
def test_any_bytes_are_answered(shop: Shop, body: bytes, kind: str) -> None:
    assert told(shop.post(body, content_type=kind))[0] in (200, 400, 413, 422, 429)


@USUAL
@given(fields=st.dictionaries(st.text(max_size=40), NESTED, max_size=8))
def test_any_json_after_a_phone_is_a_request(shop: Shop, fields: dict[str, Any]) -> None:
    """Nothing that stands beside it hides the phone, and everything written can be read."""
    with shop.firm.app.app_context():
        db.session.execute(text("delete from callbacks"))
        db.session.commit()
    body = json.dumps({"ps_filled": "5000", "phone": PHONE, **{f"x{name}": value for name, value in fields.items()}})
    answer = shop.post(body, content_type="application/json")
    assert told(answer) in ((200, ""), (413, "too_large"))
    if answer.status_code == 200:
        (row,) = shop.rows
        assert row.phone == KEY
        assert len(row.fields) <= forms.MOST_FIELDS
        assert all(len(value) <= forms.LONGEST_VALUE for pair in row.fields for value in pair)


@given(pairs=st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60)), max_size=80))
def test_reading_a_form_never_fails_and_loses_nothing_it_can_keep(pairs: list[tuple[str, str]]) -> None:
    form = forms.read(pairs)
    said = [form.phone, form.name, form.comment, form.department, *(part for pair in form.parameters for part in pair)]
    for each in said:
        each.encode()
        assert not set(each) & {chr(code) for code in range(32)} - {"\n", "\t"}
    kept = len(form.parameters) + sum(map(bool, said[:4]))
    full = [1 for name, value in pairs if forms.clean(name, 100) and forms.clean(value, 100)]
    assert kept >= min(len(full), forms.MOST_FIELDS) - 2  # our own two fields


def test_markup_and_line_ends_are_words(shop: Shop) -> None:
    hostile = {
        "phone": PHONE,
        "name": "<img src=x onerror=alert(1)>\r\nX-Evil: 1\x00",
        "comment": "${jndi:x}'; drop table--",
    }
    answer = shop.post(hostile)
    assert told(answer) == (200, "")
    (row,) = shop.rows
    assert row.name == "<img src=x onerror=alert(1)>\nX-Evil: 1"
    assert row.comment == hostile["comment"]
    assert "evil" not in str(answer.headers).lower().replace("shop.example", "")
