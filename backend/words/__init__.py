"""Every sentence that users read, except the widget's own: one folder of JSON files for each language.

A key is the file's name and the path inside the file, such as `alerts.crm.unpaid.what`. Another language is another
folder: nothing else names the languages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

Node = str | Mapping[str, "Node"]


def _flat(key: str, node: Node) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield key, node
    else:
        for name, inner in node.items():
            yield from _flat(f"{key}.{name}", inner)


def _read(folder: Path) -> dict[str, str]:
    files = {each.stem: json.loads(each.read_text("utf-8")) for each in folder.glob("*.json")}
    return {key: text for name, words in files.items() for key, text in _flat(name, words)}


_folders = sorted({each.parent for each in Path(__file__).parent.glob("*/*.json")})
SENTENCES = {folder.name: _read(folder) for folder in _folders}
LANGUAGES = tuple(SENTENCES)
FALLBACK = "en"  # for a language that has no folder


def say(key: str, language: str, /, **values: object) -> str:
    """The sentence with its `{placeholders}` filled in. Raises KeyError for an unknown key or a missing value."""
    return SENTENCES.get(language, SENTENCES[FALLBACK])[key].format(**values)


def under(key: str, language: str, /) -> dict[str, str]:
    """All sentences inside a part of a file, by the rest of their keys; a form's texts, for example."""
    start = f"{key}."
    names = (each.removeprefix(start) for each in SENTENCES[FALLBACK] if each.startswith(start))
    return {name: say(start + name, language) for name in names}


def first_known(*keys: str) -> str:
    """The first of the keys that has a sentence. Raises KeyError when none has."""
    for key in keys:
        if key in SENTENCES[FALLBACK]:
            return key
    raise KeyError(keys)
