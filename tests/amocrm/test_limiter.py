"""The budget never asks more than amoCRM allows, and wastes little of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.amocrm.limiter import RATE, spend

ALLOWED = 7  # requests in any second (docs/amocrm-contract.md §3.1)


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60), st.floats(0, 2e9))
def test_no_second_holds_more_than_amocrm_allows(pauses: list[float], start: float) -> None:
    """Whoever waits as long as he is told sends at most ALLOWED requests in any second."""
    tat, now, sent = 0.0, start, []
    for pause in pauses:
        tat, wait = spend(tat, now)
        sent.append(now + wait)
        now = now + wait + pause
    for first, moment in enumerate(sent):
        assert sum(moment <= each < moment + 0.999 for each in sent[first:]) <= ALLOWED


def test_the_first_request_never_waits_and_the_rate_is_used() -> None:
    tat, wait = spend(0.0, 1000.0)
    assert wait == 0
    for _ in range(65):
        tat, wait = spend(tat, 1000.0)
    assert 9.9 < wait <= 65 / RATE + 0.001


def test_a_batch_costs_what_it_holds() -> None:
    tat, _ = spend(0.0, 1000.0, cost=13)
    assert spend(tat, 1000.0)[1] == 2.0
