"""Within a call that the employee talks in: hang up, send the client to a colleague, ask the colleague first."""

from __future__ import annotations

import psycopg
import pytest

from tests.journeys.company import TALK, Company, Person, await_value
from tests.journeys.widget import Widget, refusal

pytestmark = pytest.mark.asterisk

CHAIN = "101 Анна m:ss → 102 Борис m:ss"


@pytest.fixture
def anna(company: Company) -> Widget:
    return Widget(company, "Анна")


@pytest.fixture
def boris(company: Company) -> Widget:
    return Widget(company, "Борис")


def talk(company: Company, ivan: Person, did: str, ringing: int = 1) -> str:
    """The client calls, and when so many phones ring, Anna answers; the call's name."""
    ivan.calls(did)
    company.rings(ringing)
    company.phone("101").answers().talks(TALK)
    await_value(lambda: len(company.calls()), 1, "the call")
    return company.calls()[0]


def test_a_blind_transfer_lets_go_and_the_colleague_gets_the_client(
    company: Company, anna: Widget, boris: Widget
) -> None:
    ivan = company.client()
    call = talk(company, ivan, company.did.group_local, ringing=2)
    glebs = anna.asks(f"/api/calls/{call}/transfer", to=Widget(company, "Глеб").user, kind="blind")
    assert refusal(glebs) == (409, "colleague_unreachable")
    anna.transfers(call, boris, "blind")
    company.phone("101").is_over()
    anna.sees_transfer(call, "asked")
    company.phone("102").answers().talks(TALK)
    anna.sees_transfer(call, "done")
    boris.sees(call, "talking")
    assert refusal(anna.asks(f"/api/calls/{call}/hangup")) == (409, "call_over")
    boris.hangs_up(call)
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talked, {CHAIN}",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»", f"Борис: ended, {ivan.name} → «{ivan.lead}»"),
    )


def test_a_colleague_is_asked_first_in_vain_and_then_takes_the_call(
    company: Company, anna: Widget, boris: Widget
) -> None:
    """He does not answer; he is asked, and the client is taken back; he is asked again and takes the client."""
    ivan = company.client()
    call = talk(company, ivan, company.did.direct)
    assert refusal(anna.asks(f"/api/calls/{call}/transfer/complete")) == (409, "call_over")
    anna.transfers(call, boris, "attended")
    company.phone("102").rings()
    anna.sees_transfer(call, "asked")
    anna.cancels(call)
    anna.sees_transfer(call, "failed", "given-up")
    company.phone("102").is_over()
    company.phone("101").talks(TALK)
    anna.transfers(call, boris, "attended")
    company.phone("102").answers()
    anna.sees_transfer(call, "consulting")
    anna.cancels(call)
    anna.sees_transfer(call, "failed", "given-up")
    company.phone("101").talks(TALK)
    company.phone("102").is_busy()
    anna.transfers(call, boris, "attended")
    anna.sees_transfer(call, "failed", "no-answer")
    company.phone("102").is_free()
    company.phone("101").talks(TALK)
    anna.transfers(call, boris, "attended")
    company.phone("102").answers()
    anna.sees_transfer(call, "consulting")
    anna.completes(call)
    company.phone("101").is_over()
    anna.sees_transfer(call, "done")
    boris.sees(call, "talking")
    company.phone("102").talks(TALK)
    ivan.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talked, {CHAIN}",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»", f"Борис: ended, {ivan.name} → «{ivan.lead}»"),
    )


def test_a_pbx_that_cannot_transfer_says_so_and_the_talk_goes_on(company: Company, anna: Widget, boris: Widget) -> None:
    ivan = company.client()
    phone = company.phone("101").dials("9" + ivan.number[1:])
    ivan.answers()
    phone.talks()
    await_value(lambda: len(company.calls()), 1, "the call")
    call = company.calls()[0]
    answer = anna.asks(f"/api/calls/{call}/transfer?lang=en", to=boris.user, kind="attended")
    assert refusal(answer) == (502, "pbx_refused")
    assert "attended transfer is not enabled for this call" in answer.json()["message"]
    anna.sees_transfer(call, "failed", "refused")
    anna.sees(call, "talking")
    anna.hangs_up(call)
    company.in_the_end(
        crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


def test_everybody_sees_how_the_phones_are(company: Company) -> None:
    """Free, ringing, talking, not registered; and nothing of it while the line is down."""
    shows(company, {"101": "free", "102": "free", "103": "free", "104": "unreachable"})
    call = company.phone("101").dials("102")
    company.phone("102").rings()
    shows(company, {"101": "talking", "102": "ringing", "103": "free", "104": "unreachable"})
    company.phone("102").answers()
    shows(company, {"101": "talking", "102": "talking", "103": "free", "104": "unreachable"})
    call.hangs_up()
    shows(company, {"101": "free", "102": "free", "103": "free", "104": "unreachable"})
    company.in_the_end()


def shows(company: Company, states: dict[str, str]) -> None:
    query = "select extension, state from extension_states where account_id = %s"

    def seen() -> dict[str, str]:
        with psycopg.connect(company.town.database, autocommit=True) as connection:
            return dict(connection.execute(query, [company.account.id]).fetchall())

    await_value(seen, states, "the phones")
