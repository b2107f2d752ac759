"""Names as they are compared when somebody looks for one."""

from __future__ import annotations


def fold(text: str) -> str:
    """Without case, and without the dots that few people type. (A database's `lower` knows Cyrillic only in some
    locales.)"""
    return text.casefold().replace("ё", "е")
