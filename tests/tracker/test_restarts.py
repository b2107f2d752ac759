"""Every recorded story with a restart, or a link that was away, at any moment of it: nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from backend.calls.facts import Fact
from backend.calls.tracking.tracker import Tracker
from backend.pbx.link.wire import Message
from tests.tracker.test_stories import LINES, STORIES, at, calls, events, expected, facts_of, in_any_order

STEP = 4  # events between two moments that are tried


class ChannelList:
    """What CoreShowChannels would list, kept by the events alone."""

    def __init__(self) -> None:
        self._rows: dict[str, Message] = {}
        self._dialled: set[str] = set()

    def hear(self, message: Message) -> None:
        name, uid = message["Event"], message.get("Uniqueid", "")
        self._dialled |= {message["DestUniqueid"]} if name == "DialBegin" else set()
        if name == "Hangup":
            self._rows.pop(uid, None)
        elif name in ("Newchannel", "Newstate", "NewCallerid", "BridgeEnter", "BridgeLeave"):
            row = self._rows.setdefault(uid, {"BridgeId": ""})
            row.update({header: message[header] for header in HEADERS if header in message})
            row["BridgeId"] = {"BridgeEnter": message.get("BridgeUniqueid", ""), "BridgeLeave": ""}.get(
                name, row["BridgeId"]
            )

    def rows(self) -> list[Message]:
        dialled = {uid: "AppDial" if uid in self._dialled else "Dial" for uid in self._rows}
        return [{**row, "Application": dialled[uid], "Duration": "00:00:00"} for uid, row in self._rows.items()]


HEADERS = ("Uniqueid", "Linkedid", "Channel", "ChannelState", "CallerIDNum", "Exten")


def heard(messages: Sequence[Message]) -> ChannelList:
    listed = ChannelList()
    for message in messages:
        listed.hear(message)
    return listed


def is_told_once(facts: list[Fact]) -> bool:
    return len({(fact.call, fact.key) for fact in facts}) == len(facts)


def without_reasons(found: list[dict[str, Any]]) -> list[str]:
    """Why a trunk's leg failed before the restart is not in the journal."""
    return in_any_order([{**call, "reason": None} for call in found])


@pytest.mark.parametrize("story", STORIES)
def test_a_restart_at_any_moment(story: str) -> None:
    messages = events(story)
    for cut in range(0, len(messages), STEP):
        journal = facts_of(messages[:cut])
        heir = Tracker(LINES)
        heir.resume(journal)
        journal += heir.snapshot(heard(messages[:cut]).rows(), at(messages[cut]))
        journal += facts_of(messages[cut:], heir)
        assert is_told_once(journal)
        assert without_reasons(calls(journal)) == without_reasons(expected(story)), cut


@pytest.mark.parametrize("story", STORIES)
def test_a_link_away_for_some_events(story: str) -> None:
    """What happened meanwhile is seen by its outcome: a reason may be lost, a call may not."""
    messages = events(story)
    for cut in range(0, len(messages), STEP):
        missed = messages[cut : cut + 2 * STEP]
        tracker = Tracker(LINES)
        journal = facts_of(messages[:cut], tracker)
        journal += tracker.snapshot(heard(messages[: cut + 2 * STEP]).rows(), at(missed[-1]))
        journal += facts_of(messages[cut + 2 * STEP :], tracker)
        assert is_told_once(journal)
        assert tracker.open_calls() == []
        assert {fact.call for fact in journal} <= {fact.call for fact in facts_of(messages)}
