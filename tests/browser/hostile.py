"""Clients whose names would like to be more than text."""

from __future__ import annotations

from sandbox.crm.handle import AccountHandle

SIGN = "hacked"
"""What a name that ran as a script would set on the page's `window`."""

NAMES = {
    "markup": f"<img src=x onerror=window.{SIGN}=1><script>window.{SIGN}=1</script>Фёдор",
    "attribute": f"\"'><svg/onload=window.{SIGN}=1> Клим",
    "long": "Я" * 10_000,
    "right-to-left": "\u202eحسن القاضي\u202d Хасан",
    "emoji": "👩‍👩‍👧‍👦🧯 Ёлкина",
    "template": "${window.hacked=1} {{constructor.constructor('window.hacked=1')()}}",
}
NUMBERS = {kind: f"+7903950{place:04}" for place, kind in enumerate(NAMES)}


def put_into(account: AccountHandle) -> None:
    """Each with an open lead of the same name."""
    for kind, name in NAMES.items():
        contact = account.add_contact(name[:250] if kind == "long" else name, [NUMBERS[kind]], account.users[0])
        account.add_lead(name, contact, account.users[0], "Переговоры", price=1000)
