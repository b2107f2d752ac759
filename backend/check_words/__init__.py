"""What a check of the PBX found, in the user's language: `pbx.findings` names the sentences, here are their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backend.check_words.connection import REACHING
from backend.check_words.pbx import STANDING

# what → sentence → Russian, English. What is not found under its subject is looked for under "any".
WORDS = {**REACHING, **STANDING}


def words(what: str, says: Sequence[Mapping[str, Any]], language: str) -> str:
    """The sentences of one finding. What the PBX itself said stands in them as plain text."""
    return " ".join(_sentence(what, each["kind"], each["values"], language) for each in says)


def line_words(told: Mapping[str, Any], language: str) -> dict[str, Any]:
    """`told` with its trouble of the line to the PBX as `link_reason` in words; empty where there is none."""
    kind, detail = told["link_trouble"], told["link_detail"]
    what = next((each for each in ("line", "login", "address") if kind in WORDS[each]), "line")
    reason = words(what, [{"kind": kind, "values": {"detail": detail or "?"}}], language) if kind else ""
    return {**{name: told[name] for name in told if name not in ("link_trouble", "link_detail")}, "link_reason": reason}


def _sentence(what: str, kind: str, values: Mapping[str, Any], language: str) -> str:
    russian, english = WORDS[what].get(kind) or WORDS["any"].get(kind) or WORDS["any"]["refused"]
    shown = {"detail": "?", **{name: _shown(value, values, language) for name, value in values.items()}}
    return (russian if language == "ru" else english).format(**shown)


def _shown(value: Any, values: Mapping[str, Any], language: str) -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    more = values.get("count", len(value)) - len(value)
    rest = f" и ещё {more}" if language == "ru" else f" and {more} more"
    return ", ".join(map(str, value)) + (rest if more > 0 else "")
