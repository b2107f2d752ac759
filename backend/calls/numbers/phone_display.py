"""A name as a phone shows it: whatever somebody typed into a card, here it can be nothing but a name."""

from __future__ import annotations

import re
import unicodedata

LONGEST, LONGEST_BYTES = 40, 56  # with a number they fit a CDR's `clid`, 80 bytes (Asterisk 16 to 22)
LONGEST_READ = 400  # of what was typed; what follows would not be shown
PUNCTUATION = " .+-"
_MARKS = ("Mn", "Mc")  # the vowels of many scripts
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # of emoji mostly, and marks by their category

LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
    "я": "ya",
    "і": "i", "ї": "yi", "є": "ye", "ґ": "g", "ў": "u",
    "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h",
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
}  # fmt: skip
"""Letters that are not an ASCII one with a mark: Russian as passports spell it, Ukrainian, Belarusian, Kazakh, and
those of Europe's Latin alphabets."""


def shown_name(name: str, latin: bool = False) -> str:
    """Letters, digits, spaces, dots, pluses and hyphens, at most LONGEST of them and LONGEST_BYTES in UTF-8; nothing
    for a name without any. In ASCII alone where `latin`, for phones that show no other letters."""
    plain = _VARIATION.sub("", unicodedata.normalize("NFKC", name[:LONGEST_READ]))
    spelled = " ".join(map(_in_latin, plain.split())) if latin else plain
    kept = "".join(letter if _is_shown(letter) else " " for letter in spelled)
    return _cut(" ".join(kept.split()))


def _is_shown(letter: str) -> bool:
    kind = unicodedata.category(letter)
    return kind[0] == "L" or kind == "Nd" or kind in _MARKS or letter in PUNCTUATION


def _in_latin(word: str) -> str:
    spelled = "".join(map(_letter_in_latin, word))
    return spelled.upper() if len(word) > 1 and word.isupper() else spelled


def _letter_in_latin(letter: str) -> str:
    known = LATIN.get(letter.lower())
    if known is not None:
        return known.capitalize() if letter.isupper() else known
    return "".join(each for each in unicodedata.normalize("NFKD", letter) if each.isascii())


def _cut(text: str) -> str:
    """Between letters, wherever the bound falls."""
    return text[:LONGEST].encode()[:LONGEST_BYTES].decode(errors="ignore").rstrip()
