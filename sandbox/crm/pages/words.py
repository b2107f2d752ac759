"""How times, money and counts are said on the pages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

MOSCOW = timezone(timedelta(hours=3))
MONTHS = ("янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
MINUTE, HOUR, DAY = 60, 3600, 86_400


def money(amount: int) -> str:
    return f"{amount:,}".replace(",", "\u00a0") + "\u00a0₽"


def duration(seconds: int) -> str:
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


def moment(at: float, now: float) -> str:
    """ "сегодня 10:05", "вчера 18:40" or "3 ноя 09:12", in the account's time zone."""
    then, today = datetime.fromtimestamp(at, MOSCOW), datetime.fromtimestamp(now, MOSCOW).date()
    days = {today: "сегодня", today - timedelta(days=1): "вчера"}
    return f"{days.get(then.date(), f'{then.day} {MONTHS[then.month - 1]}')} {then:%H:%M}"


def age(at: float, now: float) -> str:
    passed = max(int(now - at), 0)
    if passed < MINUTE:
        return "только что"
    if passed < HOUR:
        return f"{passed // MINUTE} мин"
    return f"{passed // HOUR} ч" if passed < DAY else f"{passed // DAY} дн"


def counted(number: int, one: str, few: str, many: str) -> str:
    """Russian plurals: 1 сделка, 2 сделки, 5 сделок."""
    if number % 10 == 1 and number % 100 != 11:
        word = one
    elif 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14:
        word = few
    else:
        word = many
    return f"{number} {word}"


LEGAL_FORMS = ("ООО", "АО", "ИП", "ПАО")
TINTS = 6


def initials(name: str) -> str:
    """Two letters for a face; a number sign for a name without letters."""
    words = ["".join(c for c in word if c.isalpha()) for word in name.split() if word not in LEGAL_FORMS]
    return "".join(word[0] for word in words if word)[:2].upper() or "#"


def tint(name: str) -> int:
    """One of the style sheet's colours, always the same for a name."""
    return sum(map(ord, name)) % TINTS
