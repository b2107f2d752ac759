"""Why a call did what it did, and what a call would do now."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.journeys.company import TALK, Company
from tests.journeys.conftest import ON_22

pytestmark = [pytest.mark.asterisk, ON_22]


def why(company: Company, *arguments: str) -> str:
    """`python -m backend why …`, as whoever runs the station types it."""
    done = subprocess.run(
        [sys.executable, "-m", "backend", "why", *arguments],
        env={**os.environ, "DATA_DIR": str(company.station.data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_call_tells_its_reasons(company: Company) -> None:
    ivan = company.client()
    call = ivan.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )
    told = why(company, *company.calls())
    for reason in (
        f"inbound call {company.calls()[0]}, client {ivan.spoken}",
        f"«{ivan.name}»; open lead",
        "because extension 101 is Анна",
        "because the open lead is used: no new lead",
        "intent log-call: done",
        "intent finish-call: done",
    ):
        assert reason in told


def test_a_call_that_nobody_made_tells_what_it_would_do_and_does_nothing(company: Company) -> None:
    ivan, stranger = company.client(), company.stranger()
    place = ("--dry-run", "--account", str(company.account.id), "--to", company.did.group_local)
    answered = why(company, *place, "--from", ivan.dialled, "--by", "102")
    missed = why(company, *place, "--from", stranger.number)
    assert f"«{ivan.name}»; open lead" in answered
    assert "because extension 102 is Борис" in answered
    assert f"would ring 102, who sees «{ivan.name}»: " in answered
    assert "would open-lead" not in answered
    assert "because nobody has this number" in missed
    assert "would ring nobody first: " in missed
    assert "would add-unsorted" in missed
    company.in_the_end()
