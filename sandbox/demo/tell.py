"""How the demo speaks: a line at a time, at once."""

from __future__ import annotations

import sys


def say(words: str) -> None:
    print(words, flush=True)


def bold(words: str) -> str:
    return f"\033[1m{words}\033[0m" if sys.stdout.isatty() else words


def green(words: str) -> str:
    return f"\033[32m{words}\033[0m" if sys.stdout.isatty() else words


def red(words: str) -> str:
    return f"\033[31m{words}\033[0m" if sys.stdout.isatty() else words
