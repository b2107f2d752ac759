"""Inbound, answered: the rules' first row, on a real PBX."""

from __future__ import annotations

import pytest

from tests.journeys.company import TALK, Company

pytestmark = pytest.mark.asterisk


def test_a_stranger_gets_a_lead_and_a_contact_of_who_answered_at_the_moment_of_answer(company: Company) -> None:
    stranger = company.stranger()
    made = (
        f"contact «{stranger.name}» {stranger.number}, Анна",
        f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Первичный контакт",
    )
    call = stranger.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    company.holds(*made, f"call_in {stranger.number} on lead «{stranger.lead}», Анна: talking")
    company.shows(f"Анна: talking, {stranger.name} → «{stranger.lead}»")
    call.hangs_up()
    company.in_the_end(
        crm=(*made, f"call_in {stranger.number} on lead «{stranger.lead}», Анна: talked"),
        popups=(f"Анна: ended, {stranger.name} → «{stranger.lead}»",),
    )
