"""Where a recording is asked for: its name comes from the PBX, and no name leads out of its folder."""

from __future__ import annotations

from datetime import date
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.recordings.path import LONGEST_NAME, day_of, in_order, path_of, stem_of
from backend.recordings.sources import NotYet
from backend.store.settings.recordings import FREEPBX

MOSCOW = ZoneInfo("Europe/Moscow")
USUAL = "external-101-79161234567-20211019-120000-1634634000.123.wav"


@pytest.mark.parametrize(
    ("name", "template", "path"),
    [
        (USUAL, FREEPBX, f"2021/10/19/{USUAL}"),
        (USUAL, "{name}", USUAL),
        ("q-400-+79161234567.wav", "all/{stem}.gsm", "all/q-400-+79161234567.gsm"),
        ("1634634000.123", "{name}.wav", "1634634000.123.wav"),
        ("запись #1 *43.wav", "{name}", "запись #1 *43.wav"),
    ],
)
def test_a_name_has_its_place(name: str, template: str, path: str) -> None:
    assert "/".join(path_of(name, template, MOSCOW)) == path


@pytest.mark.parametrize(
    ("name", "day"),
    [
        (USUAL, date(2021, 10, 19)),
        ("in-20251231-79161234567-20211019-120000-1634634000.1.wav", date(2021, 10, 19)),  # a number like a day
        ("2021-10-19-12-00-call.wav", date(2021, 10, 19)),
        ("in-79161234567-20219919-1.wav", None),
        ("101-1634677200.55.wav", date(2021, 10, 20)),  # midnight in Moscow, evening in UTC
        ("20210230-x-20211019.wav", date(2021, 10, 19)),
        ("20211019-x-20210230.wav", date(2021, 10, 19)),  # February has no 30th
    ],
)
def test_its_day_is_in_the_name(name: str, day: date | None) -> None:
    found = day_of(name, MOSCOW)
    assert found == day if day else found.year >= 2025


def test_legs_are_in_the_order_of_time() -> None:
    first = "external-101-79161234567-20261123-101112-1795395072.7.wav"
    second = "internal-102-101-20261123-101205-1795395125.9.wav"
    assert in_order([second, first]) == [first, second]
    assert in_order([second, "unnamed.wav", first]) == [second, "unnamed.wav", first]


def test_digits_after_a_uniqueid_are_no_suffix() -> None:
    assert [stem_of(each) for each in ("a.wav", "a.WAV", "1634634000.123", "a.b.gsm", "a", "a.wav49")] == [
        "a", "a", "1634634000.123", "a.b", "a", "a",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        *("../secret.wav", "..", ".", "", " ", "/etc/passwd", "a/b.wav", "a\\..\\b.wav", "..\\..\\x", ".htpasswd"),
        *("%2e%2e%2fsecret", "a%00.wav", "a\0.wav", "a\n.wav", "a\r\nHost: x", "a?b=c.wav", "a\x7f.wav", "a\u202egsm"),
        *("\ud800.wav", "x" * (LONGEST_NAME + 1), "ы" * 150),
    ],
    ids=ascii,
)
def test_a_hostile_name_is_refused(name: str) -> None:
    with pytest.raises(NotYet) as refused:
        path_of(name, FREEPBX, MOSCOW)
    assert refused.value.kind == "bad_name"
    assert refused.value.detail.isprintable()


@given(
    st.text(max_size=300) | st.text("./\\%?#{}0!\x00\n", max_size=12),
    st.sampled_from([FREEPBX, "{name}", "a/{stem}.wav"]),
)
def test_no_name_leads_elsewhere(name: str, template: str) -> None:
    """Neither as it is, nor decoded once more by a careless server."""
    try:
        *folders, file = path_of(name, template, MOSCOW)
    except NotYet:
        return
    assert len(folders) == template.count("/")
    for part in (file, unquote(file)):
        assert part not in ("", ".", "..")
        assert not {*part} & {"/", "\\", "\0", "\n", "\r"}
