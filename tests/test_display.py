"""A name on a phone is a name: whatever stood in the card, it is no syntax of a dialplan, of SIP or of AMI."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.calls.numbers.phone_display import LONGEST, LONGEST_BYTES, shown_name

SYNTAX = set("\"'`\\,;:|&$%{}[]()<>=@#!?*/^~\t\r\n\0")
texts = st.text(st.characters(codec=None)) | st.text(
    "аЯёЁ ${}[](),|\"';=<>&\\.+-щЪ🚀\u0301\u200d\ufe0f\x00\r\n", max_size=90
)


@given(texts, st.booleans())
def test_nothing_shown_is_syntax(name: str, latin: bool) -> None:
    shown = shown_name(name, latin)
    assert not SYNTAX & set(shown)
    assert all(unicodedata.category(each)[0] in "LNM" or each in " .+-" for each in shown)
    assert shown == " ".join(shown.split())


@given(texts, st.booleans())
def test_it_is_short_whole_and_shown_again_the_same(name: str, latin: bool) -> None:
    shown = shown_name(name, latin)
    assert len(shown) <= LONGEST
    assert len(shown.encode()) <= LONGEST_BYTES
    assert shown_name(shown, latin) == shown


@given(texts)
def test_an_old_phone_gets_ascii_alone(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9 .+-]*", shown_name(name, latin=True))


@pytest.mark.parametrize(
    ("name", "shown", "latin"),
    [
        ("Иван Петров", "Иван Петров", "Ivan Petrov"),
        ("ООО «Ромашка»", "ООО Ромашка", "OOO Romashka"),
        ("Щербаков Юлий Ёлкин-Цой", "Щербаков Юлий Ёлкин-Цой", "Shcherbakov Yuliy Elkin-Tsoy"),
        ("ЖКХ №5", "ЖКХ No5", "ZHKKH No5"),
        ("Підкуйко Ґалаґан, Їжак", "Підкуйко Ґалаґан Їжак", "Pidkuyko Galagan Yizhak"),
        ("Jürgen Groß 🚀", "Jürgen Groß", "Jurgen Gross"),
        ("Клиент +7 916 123-45-67", "Клиент +7 916 123-45-67", "Klient +7 916 123-45-67"),
        ("张伟", "张伟", ""),
        ("🚀", "", ""),
        ("", "", ""),
    ],
    ids=str,
)  # fmt: skip
def test_names_stay_readable(name: str, shown: str, latin: str) -> None:
    assert (shown_name(name), shown_name(name, latin=True)) == (shown, latin)
