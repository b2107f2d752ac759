"""The language of an answer: the requested one, or the browser's."""

from __future__ import annotations

from flask import request

from backend.words import FALLBACK, LANGUAGES

USUAL = "ru"  # for requests without any language, such as those of other servers


def language() -> str:
    """`lang` in the address, else the browser's preference among LANGUAGES, else FALLBACK."""
    wanted = request.args.get("lang", "")
    if wanted in LANGUAGES:
        return wanted
    return request.accept_languages.best_match(LANGUAGES, FALLBACK if request.accept_languages else USUAL) or FALLBACK
