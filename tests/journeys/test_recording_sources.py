"""A real call's recording plays behind its note's link, whichever way it comes from the PBX."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from backend.pbx.dialplan import DIALPLAN
from sandbox.pbx.lines import Leg
from tests.journeys.company import TALK, Company, await_value
from tests.journeys.conftest import ON_22
from tests.journeys.opening import choices
from tests.sources.servers import BASIC, SECRET, USER, web_over
from tests.sources.ssh import PASSWORD, ssh_over
from tests.sources.ssh import USER as SSH_USER

pytestmark = pytest.mark.asterisk

DIDS = (f"7495100009{n}" for n in itertools.count())
Come = Callable[..., dict[str, Any]]


@pytest.fixture
def come(company: Company) -> Iterator[Come]:
    """Sets where recordings come from; tells what the settings page then shows of it."""
    town = company.town

    def set_up(**recordings: Any) -> dict[str, Any]:
        town.station.choose(town.account, **choices(town), recordings=recordings)
        shown: dict[str, Any] = town.station.settings(town.account)["recordings"]
        return shown

    yield set_up
    town.station.choose(town.account, **choices(town))
    town.office.installs(DIALPLAN)


def talk(company: Company, did: str) -> str:
    """A call that is answered; the link in its note."""
    known = {note["id"] for note in company.account.notes}
    caller: Leg = company.client().calls(did)
    company.phone("101").answers().talks(TALK)
    caller.hangs_up()
    company.office.quiet()
    await_value(company.town.is_settled, True, "the journal")
    (note,) = (each for each in company.account.notes if each["id"] not in known and each["note_type"] == "call_in")
    return str(note["params"]["link"])


def plays(link: str) -> None:
    def heard() -> list[Any]:
        answer = requests.get(link, timeout=10)
        return [answer.status_code, answer.headers["Content-Type"], len(answer.content) > 1000]

    await_value(heard, [200, "audio/mpeg", True], "the player")


def test_the_pbx_sends_it_after_the_call(company: Company, come: Come) -> None:
    lines, did = come(source="push")["lines"], next(DIDS)
    company.office.installs(
        f"{DIALPLAN}\n{lines['asterisk']}\n[from-trunk]\n"
        f"exten => {did},1,Gosub(phone-station-record,s,1(in-${{CALLERID(num)}}-${{UNIQUEID}}.wav))\n"
        " same => n,Goto(from-internal,101,1)\n"
    )
    plays(talk(company, did))


def test_it_is_got_by_ari(company: Company, come: Come) -> None:
    ari = company.office.opens_ari()
    come(source="ari", url=ari.url, username=ari.username, secret=ari.secret)
    plays(talk(company, company.did.direct))


@ON_22
def test_it_is_got_from_a_web_server(company: Company, come: Come) -> None:
    with web_over(company.office.recordings) as web:
        web.authorization = BASIC
        come(source="http", url=web.url(""), username=USER, secret=SECRET)
        plays(talk(company, company.did.direct))


@ON_22
def test_it_is_got_by_sftp_and_what_waited_comes_too(company: Company, come: Come) -> None:
    """The first call was made before anybody had said where recordings are."""
    early = talk(company, company.did.direct)
    assert requests.get(early, timeout=10).status_code == 404
    with ssh_over(company.office.recordings) as ssh:
        url = ssh.url.removesuffix("/monitor")
        come(source="sftp", url=url, username=SSH_USER, secret=PASSWORD, host_key=ssh.host_key)
        plays(early)
        plays(talk(company, company.did.direct))
