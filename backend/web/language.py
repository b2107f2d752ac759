"""The language of an answer: the one that the request asks for, or the browser's."""

from __future__ import annotations

from flask import request

from backend.words import FALLBACK, LANGUAGES

USUAL = "ru"  # for requests that name no language at all, as those of other servers


def language() -> str:
    """`lang` in the address, else what the browser prefers of LANGUAGES, else FALLBACK."""
    wanted = request.args.get("lang", "")
    if wanted in LANGUAGES:
        return wanted
    return request.accept_languages.best_match(LANGUAGES, FALLBACK if request.accept_languages else USUAL) or FALLBACK
