"""PHP's way of nesting: `filter[id][]=1` in queries and `leads[add][0][id]=1` in hooks (docs/amocrm-contract.md §3.1,
§3.19)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

_PART = re.compile(r"\[([^\[\]]*)\]")
MAX_PAIRS = 1000
MAX_DEPTH = 8


def parse(query: str) -> dict[str, Any]:
    """Nested dicts; an empty bracket counts up. Raises ValueError above 1,000 pairs."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PAIRS):
        head, _, _ = name.partition("[")
        _put(tree, [head, *_PART.findall(name)][:MAX_DEPTH], value)
    return tree


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        child = tree.setdefault(part or str(len(tree)), {})
        if not isinstance(child, dict):
            return
        tree = child
    tree[path[-1] or str(len(tree))] = value


def values(tree: dict[str, Any], *path: str) -> list[str]:
    """All texts at a path, whether it was sent as `a=1`, `a[]=1` or `a[0]=1`."""
    node: Any = tree
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    if isinstance(node, dict):
        return [leaf for leaf in node.values() if isinstance(leaf, str)]
    return [] if node is None else [node]


def first(tree: dict[str, Any], *path: str) -> str | None:
    found = values(tree, *path)
    return found[0] if found else None


def encode(tree: dict[str, Any]) -> str:
    """A form body; lists and dicts become brackets, None becomes empty, True becomes 1."""
    return urlencode([pair for key, node in tree.items() for pair in _flat(key, node)])


def _flat(name: str, node: Any) -> list[tuple[str, str]]:
    if isinstance(node, dict):
        return [pair for key, child in node.items() for pair in _flat(f"{name}[{key}]", child)]
    if isinstance(node, list):
        return [pair for index, child in enumerate(node) for pair in _flat(f"{name}[{index}]", child)]
    return [(name, _text(node))]


def _text(node: Any) -> str:
    if isinstance(node, bool):
        return str(int(node))
    return "" if node is None else str(node)
