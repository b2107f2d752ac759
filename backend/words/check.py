"""Sentences about a checked PBX and a checked source of recordings, put together from what the check found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backend.words import first_known, say


def pbx_sentences(what: str, findings: Sequence[Mapping[str, Any]], language: str) -> str:
    """The sentences about one part of a PBX; each finding is a `kind` and its `values`."""
    return " ".join(_pbx_sentence(what, each["kind"], each["values"], language) for each in findings)


def source_sentence(what: str, kind: str, detail: str, language: str) -> str:
    """The sentence about one step of a source's check. `detail` is the server's own text."""
    key = first_known(
        f"check_source.{what}.{kind}",
        f"check_source.any.{kind}",
        f"check_pbx.{what}.{kind}",
        "check_source.any.refused",
    )
    return say(key, language, detail=detail or "?")


def with_link_reason(shown: Mapping[str, Any], language: str) -> dict[str, Any]:
    """`shown` with one sentence, `link_reason`, in place of `link_trouble` and `link_detail`; empty without trouble."""
    kind, detail = shown["link_trouble"], shown["link_detail"] or "?"
    rest = {name: value for name, value in shown.items() if name not in ("link_trouble", "link_detail")}
    if not kind:
        return {**rest, "link_reason": ""}
    known = (f"check_pbx.{what}.{kind}" for what in ("line", "login", "address", "any"))
    return {**rest, "link_reason": say(first_known(*known, "check_pbx.any.refused"), language, detail=detail)}


def _pbx_sentence(what: str, kind: str, values: Mapping[str, Any], language: str) -> str:
    key = first_known(f"check_pbx.{what}.{kind}", f"check_pbx.any.{kind}", "check_pbx.any.refused")
    texts = {name: _text(value, values, language) for name, value in values.items()}
    return say(key, language, **{"detail": "?", **texts})


def _text(value: Any, values: Mapping[str, Any], language: str) -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    names, more = ", ".join(map(str, value)), values.get("count", len(value)) - len(value)
    return say("check_pbx.list_cut", language, names=names, more=more) if more > 0 else names
