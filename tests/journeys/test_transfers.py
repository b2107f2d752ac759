"""Transfers: the lead is the first talker's, one note names the chain, the receiver gets the popup at that moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.company import TALK, Company

pytestmark = pytest.mark.asterisk

CHAIN = "101 Анна m:ss → 102 Борис m:ss"


def by_the_phones_key(company: Company) -> None:
    company.phone("101").transfers_to("102")
    company.phone("102").answers().talks(TALK)


def by_code(company: Company) -> None:
    company.phone("101").types("##102")
    company.phone("102").answers().talks(TALK)


def with_a_word_before(company: Company) -> None:
    consultation = company.phone("101").dials("102")
    company.phone("102").answers()
    consultation.talks(TALK)
    company.phone("101").transfers_to("102", attended=True)
    company.phone("102").talks(TALK)


def with_a_word_before_by_code(company: Company) -> None:
    company.phone("101").types("*2102")
    company.phone("102").answers().talks(TALK)
    company.phone("101").hangs_up()
    company.phone("102").talks(TALK)


@pytest.mark.parametrize("passes", [by_the_phones_key, by_code, with_a_word_before, with_a_word_before_by_code])
def test_a_client_who_is_transferred(company: Company, passes: Callable[[Company], None]) -> None:
    stranger = company.stranger()
    call = stranger.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    company.shows(f"Анна: talking, {stranger.name} → «{stranger.lead}»")
    passes(company)
    company.shows(
        f"Анна: ended, {stranger.name} → «{stranger.lead}»",
        f"Борис: talking, {stranger.name} → «{stranger.lead}»",
    )
    call.hangs_up()
    company.in_the_end(
        crm=(
            f"contact «{stranger.name}» {stranger.number}, Анна",
            f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Первичный контакт",
            f"call_in {stranger.number} on lead «{stranger.lead}», Анна: talked, {CHAIN}",
        ),
        popups=(
            f"Анна: ended, {stranger.name} → «{stranger.lead}»",
            f"Борис: ended, {stranger.name} → «{stranger.lead}»",
        ),
    )


def test_a_client_who_was_called_is_transferred(company: Company) -> None:
    ivan = company.client()
    call = company.phone("101").dials(ivan.dialled)
    ivan.answers()
    call.talks(TALK)
    company.phone("101").transfers_to("102")
    company.phone("102").answers().talks(TALK)
    ivan.hangs_up()
    company.in_the_end(
        crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked, {CHAIN}",),
        popups=(
            f"Анна: ended, {ivan.name} → «{ivan.lead}»",
            f"Борис: ended, {ivan.name} → «{ivan.lead}»",
        ),
    )


def test_a_transfer_that_nobody_takes_leaves_the_talk_as_it_was(company: Company) -> None:
    ivan = company.client()
    call = ivan.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    company.phone("101").transfers_to("102")
    company.rings(1)
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»", "Борис: closed"),
    )
