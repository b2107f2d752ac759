"""Every language has every sentence, every key that the code names has a sentence, and no sentence is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from backend.calls.facts import Ending, Reason
from backend.store.callback.requests import RequestState
from backend.store.recordings.recordings import RecordingState, Why
from backend.words import FALLBACK, LANGUAGES, SENTENCES, first_known, say, under

BACKEND = Path(__file__).parents[1] / "backend"
KEYS = set(SENTENCES[FALLBACK])
FILES = "|".join(sorted({key.partition(".")[0] for key in KEYS}))
ANY = "[^.]+"
SAYING = ("say", "under", "first_known", "_part")  # functions that take a key
# What is named by its last part alone: the function, and where its sentence may stand.
NAMED_BY = {
    "ApiError": "api", "NotLetIn": "api", "CannotDial": "api", "CommandRefused": "api", "FieldError": "fields",
    "PydanticCustomError": "fields", "Step": "paste", "said": f"check_pbx.{ANY}", "CheckLine": f"check_source.{ANY}",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_placeholders(language: str) -> None:
    assert set(SENTENCES[language]) == KEYS
    assert {key for key in KEYS if _placeholders(language, key) != _placeholders(FALLBACK, key)} == set()
    assert {key for key, text in SENTENCES[language].items() if not text.strip()} == set()


def _placeholders(language: str, key: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(SENTENCES[language][key]) if name is not None}


def test_an_unknown_language_is_english() -> None:
    assert say("crm.lead_name", "xx", phone="+7") == say("crm.lead_name", "en", phone="+7") == "Call +7"
    assert first_known("crm.no_such", "crm.lead_name") == "crm.lead_name"
    with pytest.raises(KeyError):
        first_known("crm.no_such")


def test_every_key_that_the_code_names_has_a_sentence() -> None:
    assert {pattern for pattern in _patterns() if not any(re.match(pattern, key) for key in KEYS)} == set()


def test_no_sentence_is_left_over() -> None:
    """What the code fills into a key must stand somewhere as a text of its own, or be made there (`often_{name}`)."""
    assert {key for key in KEYS if not _is_said(key)} == set()


def test_every_kind_that_is_named_by_its_last_part_has_a_sentence() -> None:
    found = [named for tree in _trees() for named in _kinds(tree)]
    assert {name for name, _ in found} == set(NAMED_BY)
    missing = {
        kind
        for name, kind in found
        if not any(re.fullmatch(rf"{NAMED_BY[name]}\.{re.escape(kind)}", key) for key in KEYS)
    }
    assert missing == set()


def test_every_value_of_an_enumeration_has_a_sentence() -> None:
    assert set(under("crm.reason", "en")) == {*Reason, "unknown"}
    assert set(under("recordings.why", "en")) == {RecordingState.GONE, *Why} - {Why.NO_SOURCE}
    unfinished = set(RequestState) - {RequestState.DONE, RequestState.FAILED}  # those two are shown by their Ending
    assert set(under("callback.states", "en")) == {*unfinished, *Ending, "test", "held"}


@cache
def _trees() -> tuple[ast.Module, ...]:
    return tuple(ast.parse(path.read_text()) for path in BACKEND.rglob("*.py") if "migrations" not in path.parts)


@cache
def _patterns() -> frozenset[str]:
    """Of the keys, and beginnings of keys, that are said; each `{…}` of an f-string is a group."""
    found = {
        _pattern(text)
        for tree in _trees()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in SAYING
        for text in _strings(call)
    }
    return frozenset(rf"{each}(?:\.|$)" for each in found if re.match(rf"(?:{FILES})\\\.", each))


def _strings(tree: ast.AST) -> Iterator[ast.JoinedStr | ast.Constant]:
    """Strings and f-strings, not the pieces of an f-string; within a function's own arguments not those of others."""
    if isinstance(tree, ast.JoinedStr) or (isinstance(tree, ast.Constant) and isinstance(tree.value, str)):
        yield tree
    else:
        for child in ast.iter_child_nodes(tree):
            yield from _strings(child)


def _pattern(text: ast.JoinedStr | ast.Constant) -> str:
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(re.escape(str(each.value)) if isinstance(each, ast.Constant) else f"({ANY})" for each in parts)


def _is_said(key: str) -> bool:
    matches = (re.match(pattern, key) for pattern in _patterns())
    return any(match and all(map(_is_written, match.groups())) for match in matches)


@cache
def _is_written(part: str) -> bool:
    known, made = _written()
    return part in known or any(re.fullmatch(each, part) for each in made)


@cache
def _written() -> tuple[frozenset[str], frozenset[str]]:
    """All texts of the code, those quoted in SQL too, and patterns of the f-strings that begin with a text."""
    strings = [each for tree in _trees() for each in _strings(tree)]
    texts = {str(each.value) for each in strings if isinstance(each, ast.Constant)}
    sql = (str(each.value) for tree in _trees() for each in ast.walk(tree) if isinstance(each, ast.Constant))
    quoted = {word for text in sql for word in re.findall(r"'([\w-]+)'", text)}
    form = set(under("callback.form", FALLBACK))  # read by the script of sites
    made = {_pattern(each) for each in strings if isinstance(each, ast.JoinedStr)}
    words = {each for each in made if re.match(r"[a-z]+_", each)}
    return frozenset(texts | quoted | form | set(get_args(ErrorType))), frozenset(words)


def _kinds(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """A constant that is the first argument, or is passed as `kind`."""
    for node in ast.walk(tree):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in NAMED_BY:
            given = [*node.args[:1], *(each.value for each in node.keywords if each.arg == "kind")]
            yield from ((name, each.value) for each in given if isinstance(each, ast.Constant))
