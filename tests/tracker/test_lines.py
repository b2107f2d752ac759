"""What is a trunk, what an extension, what neither."""

from __future__ import annotations

import pytest

from backend.calls.tracking.endpoints import (
    NEITHER,
    TRUNK,
    EndpointRole,
    Lines,
    dialable,
    dialled_number,
    extension,
    shown,
)
from backend.calls.tracking.patterns import BadPattern, compile_stored


@pytest.mark.parametrize(
    ("channel", "line"),
    [
        ("PJSIP/101-0000001a", extension("101")),
        ("SIP/10-0000001a", extension("10")),
        ("IAX2/12345-77", extension("12345")),
        ("SCCP/201-00000002", extension("201")),
        ("PJSIP/trunk-0000001a", TRUNK),
        ("SIP/74951234567-0000001a", TRUNK),
        ("SIP/voip-provider-ru-0000001a", TRUNK),
        ("DAHDI/i1/89161234567-5", TRUNK),
        ("PJSIP/1-0000001a", TRUNK),
        ("Local/101@from-internal-0000001a;1", NEITHER),
        ("Snoop/101-0000001a", NEITHER),
        ("CBAnn/room-0000001a;1", NEITHER),
        ("Message/ast_msg_queue", NEITHER),
        ("AsyncGoto/SIP/101-0000001a", NEITHER),
        ("SIP/101-0000001a<ZOMBIE>", extension("101")),
        ("PJSIP", NEITHER),
        ("", NEITHER),
    ],
)
def test_without_patterns(channel: str, line: EndpointRole) -> None:
    assert Lines().whose(channel) == line


def test_patterns_see_the_name_with_and_without_technology() -> None:
    for pattern in (r"^SIP/1500(\d+)$", r"^1500(\d+)$", r"1500(\d+)"):
        lines = Lines.of(extensions=[pattern])
        assert lines.whose("SIP/150010001-0000001a") == extension("10001")


def test_a_pattern_without_a_group_gives_the_whole_name() -> None:
    assert Lines.of(extensions=["^reception"]).whose("PJSIP/reception-0000001a") == extension("reception")


def test_a_group_that_took_no_part_gives_the_whole_name() -> None:
    assert Lines.of(extensions=[r"^(?:x(\d)|office)"]).whose("PJSIP/office-0000001a") == extension("office")


def test_trunks_win() -> None:
    lines = Lines.of(trunks=["^777$"], extensions=[r"^(\d{3})$"])
    assert lines.whose("PJSIP/777-0000001a") == TRUNK


def test_several_patterns_of_a_side() -> None:
    lines = Lines.of(trunks=["mtt", "beeline"], extensions=[r"^(\d{3})$", r"^web-(\d+)$"])
    assert [lines.whose(f"PJSIP/{name}-0000001a") for name in ("mtt-1", "beeline", "101", "web-7")] == [
        TRUNK, TRUNK, extension("101"), extension("7"),
    ]  # fmt: skip


def test_the_rest_belongs_to_the_side_that_has_no_patterns() -> None:
    assert Lines.of(trunks=["^mtt"]).whose("PJSIP/150010001-0000001a") == extension("150010001")
    assert Lines.of(extensions=[r"^1500"]).whose("PJSIP/101-0000001a") == TRUNK
    assert Lines.of(trunks=["^mtt"], extensions=[r"^1500"]).whose("PJSIP/door-0000001a") == NEITHER


@pytest.mark.parametrize(
    "pattern",
    ["(", "[a", "*", "a" * 501, "(?P<x", r"(a)\1", "(?!a)b", "(?<=a)b", "(a?){1000}", "a{1001}", "\ud800"],
)
def test_a_bad_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        Lines.of(trunks=[pattern])


@pytest.mark.parametrize("pattern", ["a?" * 34 + "a" * 34 + "b$", "(a|aa){0,60}b$", "(?:.*a){20}z", r"(\w+-?){9}!"])
def test_no_pattern_makes_a_name_take_long(pattern: str) -> None:
    """With a backtracking engine each of these searches would outlive the test run."""
    lines = Lines.of(trunks=[pattern], extensions=[pattern])
    assert lines.whose("SIP/" + "a" * 10_000) == NEITHER


def test_a_name_of_no_encoding_is_searched_too() -> None:
    assert Lines.of(trunks=["^mtt"]).whose("SIP/mtt\ud800-0000001a") == TRUNK


def test_a_stored_pattern_that_is_no_longer_accepted_finds_nothing_and_still_counts() -> None:
    lines = Lines(trunks=(compile_stored("^(?!10)"),), extensions=(compile_stored(r"^(\d{3})$"),))
    assert lines.whose("PJSIP/101-0000001a") == extension("101")
    assert lines.whose("PJSIP/mtt-0000001a") == NEITHER


@pytest.mark.parametrize("text", ["1" * 100_000 + "x", "#" * 100_000 + "x", " " * 100_000])
def test_a_dialled_number_is_read_at_once_however_long(text: str) -> None:
    assert dialable(text) is None


@pytest.mark.parametrize(
    ("number", "whose"),
    [("+7 903 777-01-03", "103"), ("89037770103", "103"), ("89037770104", None), ("", None), (None, None)],
)
def test_a_mobile_is_known_by_its_last_digits(number: str | None, whose: str | None) -> None:
    assert Lines(mobiles={"9037770103": "103"}).mobile(number) == whose


@pytest.mark.parametrize(
    ("string", "number"),
    [
        ("79161234567@trunk", "79161234567"),
        ("+79161234567@trunk", "+79161234567"),
        ("74951234567/89161234567", "89161234567"),
        ("89161234567@74951234567", "89161234567"),
        ("trunk/sip:79161234567@10.0.0.1:5060;transport=tls", "79161234567"),
        ("user:secret@peer/79161234567@context", "79161234567"),
        ("PJSIP/trunk/sip:79161234567@10.0.0.1", "79161234567"),
        ("101", None),
        ("trunk", None),
        ("trunk/sip:reception@10.0.0.1", None),
        ("/", None),
        ("@", None),
        ("", None),
    ],
)
def test_the_number_that_was_dialled(string: str, number: str | None) -> None:
    assert dialled_number(string) == number


@pytest.mark.parametrize(
    ("number", "seen"), [(" 79161234567 ", "79161234567"), ("<unknown>", None), ("", None), (None, None)]
)
def test_a_number_as_shown(number: str | None, seen: str | None) -> None:
    assert shown(number) == seen
