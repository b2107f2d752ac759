"""A scene: something the phones do, and what the CRM must hold after it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from sandbox.demo.station import Station
from sandbox.demo.tell import bold, green, red, say
from sandbox.pbx.errors import Refused
from sandbox.pbx.office import Office
from sandbox.site.server import Site

T = TypeVar("T")

SOON = 15.0  # seconds; in truth a second or two
LOOK_AGAIN = 0.05
OUTCOMES = {4: "разговор", 5: "номер не существует", 6: "не дозвонились", 7: "занято"}


class Mismatch(Exception):
    """The CRM does not hold what it should."""


@dataclass(frozen=True)
class Company:
    """ООО «Акме» with its CRM account and its office; `stranger` is the other account, which must see nothing."""

    crm: Crm
    account: AccountHandle
    stranger: AccountHandle
    office: Office
    station: Station
    site: Site

    def user(self, place: int) -> dict[str, Any]:
        return self.account.users[place]

    def name(self, user_id: int) -> str:
        return next((str(user["name"]) for user in self.account.users if user["id"] == user_id), f"user {user_id}")

    def leads_of(self, name: str) -> list[dict[str, Any]]:
        return [lead for lead in self.account.leads if name in lead["name"]]

    def link(self, lead: dict[str, Any]) -> str:
        return f"{self.account.url}/leads/detail/{lead['id']}"

    def calls(self, kind: str = "call") -> list[dict[str, Any]]:
        return [note for note in self.account.notes if str(note["note_type"]).startswith(kind)]

    def wait(self, look: Callable[[], T], what: str) -> T:
        """What `look` sees once it sees something. Raises Mismatch."""
        deadline = time.monotonic() + SOON
        while not (seen := look()):
            if time.monotonic() > deadline:
                raise Mismatch(f"the CRM does not show it: {what}")
            time.sleep(LOOK_AGAIN)
        return seen

    def next_note(self, known: int) -> dict[str, Any]:
        """The call note after the first `known`."""
        return self.wait(lambda: self.calls()[known:], "a new call note")[0]

    def finished(self, note: dict[str, Any]) -> dict[str, Any]:
        """The same note once it has its duration."""
        return self.wait(
            lambda: [each for each in self.calls() if each["id"] == note["id"] and each["params"]["duration"]],
            "the duration of the talk",
        )[0]

    def plays(self, note: dict[str, Any]) -> bool:
        """Waits for what the note's link gives a player. Raises Mismatch."""
        return self.wait(partial(self.station.hears, note["params"]["link"]), "its recording plays")

    def note_line(self, note: dict[str, Any]) -> str:
        params, place = note["params"], f"{note['entity_type']}/detail/{note['entity_id']}"
        seconds = int(params["duration"])
        outcome = OUTCOMES.get(int(params.get("call_status", 0)), "—")
        spoken = f"{seconds // 60}:{seconds % 60:02}" if seconds else outcome
        result = f" «{params['call_result']}»" if params.get("call_result") not in (None, outcome) else ""
        who = self.name(note["created_by"])
        arrow = "←" if note["note_type"] == "call_in" else "→"
        told = f"call note {arrow} {params['phone']}, {who}, {spoken}{result}"
        return f"{told}   {self.account.url}/{place}   call {params['uniq']}"

    def popup_line(self, place: int) -> str:
        """What this employee's screen shows last."""
        user = self.user(place)
        shown = self.station.popups(self.account, user["id"])[-1]
        lead = shown["details"].get("lead")
        link = f", lead {lead['id']} {lead['name']}".rstrip() if lead else ""
        who = shown["details"].get("name") or shown["details"]["phone"]
        return f"popup for {user['name']}: {shown['state']}, {who}{link}"


@dataclass(frozen=True)
class Scene:
    title: str
    happens: Callable[[Company], None]

    def play(self, company: Company) -> bool:
        """Whether everything was as it should be."""
        say(bold(f"• {self.title}"))
        untouched = company.stranger.state()["leads"], company.stranger.state()["notes"]
        try:
            self.happens(company)
            company.office.quiet()
            if untouched != (company.stranger.state()["leads"], company.stranger.state()["notes"]):
                raise Mismatch("the other account has changed")
        except (Mismatch, AssertionError, Refused) as wrong:
            say(red(f"    ✗ {wrong}"))
            return False
        finally:
            company.office.reset()
        return True


def phone(words: str) -> None:
    say(f"    ☎ {words}")


def holds(words: str) -> None:
    say(green(f"    ✓ {words}"))


def check(truth: bool, words: str) -> None:
    """Raises Mismatch unless it is so."""
    if not truth:
        raise Mismatch(words)
    holds(words)
