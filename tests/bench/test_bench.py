"""Every measurement runs to its end on small sizes; how fast is not asked here."""

from __future__ import annotations

import pytest

from bench import __main__ as bench
from bench import crm_requests, phonebook, routing, stream, trace
from bench.table import Row


def test_requests_per_call_are_counted() -> None:
    known, unknown, current, group, burst = crm_requests.measure(calls=1, burst=3, spread=0.1)
    assert (known.measured, unknown.measured) == ("2.00", "4.00")
    assert (current.measured, group.measured) == ("3.00", "3.00")
    assert float(burst.measured) <= 2


def test_numbers_are_known_and_cards_are_read() -> None:
    *looks, synced = phonebook.measure(sizes=(10, 20), lookups=5, cards=600)
    assert [row.measured.rpartition(" ")[2] for row in looks] == ["ms"] * 4
    assert float(synced.measured.rpartition(" ")[2]) > 0


def test_both_streams_go_through_link_and_tracker_whole() -> None:
    """Told again and again: nothing is taken for a repetition."""
    twice = trace.recorded(at_least=1).events + 1
    rows = list(trace.measure(at_least=twice, rounds=1))
    assert [row.what.split(": ")[0].split(", ")[1] for row in rows] == ["as recorded", "filtered"]


def test_popups_reach_all_streams() -> None:
    popup, memory, to_all = stream.measure(calls=3, rate=20.0, idle=30)
    assert [row.measured.rpartition(" ")[2] for row in (popup, memory, to_all)] == ["ms", "MB", "s"]


@pytest.mark.asterisk
@pytest.mark.drill
def test_a_call_is_routed_by_a_phonebook_of_each_size() -> None:
    rows = list(routing.measure(sizes=(10, 20), calls=3))
    assert [row.measured.rpartition(" ")[2] for row in rows] == ["ms"] * 3


def test_the_table_says_what_was_not_reached(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        Row(what="calls", measured="3", reach="≤ 2", holds=False),
        Row(what="a longer name", measured="1", reach="≤ 2", holds=True),
    ]
    monkeypatch.setitem(bench.MEASUREMENTS, "calls", lambda: rows)
    assert bench.main(["calls"]) == 0
    assert capsys.readouterr().out == (
        "measurement   | measured | to reach\n"
        "--------------+----------+-----------------\n"
        "calls         | 3        | ≤ 2  NOT REACHED\n"
        "a longer name | 1        | ≤ 2\n"
    )


def test_an_unknown_measurement_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["speed"]) == 2
    assert (
        "no such measurement: speed; there are: phonebook, requests, routing, stream, trace" in capsys.readouterr().err
    )
