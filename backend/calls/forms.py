"""What somebody filled in on a site: which field is the phone, the name, the comment, the department; all others are
kept in their order. Names of fields are those of Russian and English sites, of Tilda and of amoCRM's hooks.

Nested names are written as PHP does, `leads[status][0][id]`; JSON is flattened to the same before it comes here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backend.calls.numbers import phones
from backend.calls.numbers.name_key import fold

Fields = Sequence[tuple[str, str]]

MOST_FIELDS = 64
LONGEST_NAME, LONGEST_VALUE = (
    100,
    2000,
)  # characters; what is longer is cut, for the phone beside it is still a client's
TRAP = "ps_more"  # of our own form: no person sees it
FILLED = "ps_filled"  # of our own form: milliseconds from its opening to its sending
QUICKEST = 1500  # milliseconds in which a person fills the form; our script waits for them to pass
ACCEPTED_TEST = [("test", "test")]  # what Tilda sends when a hook is set up

PHONE = frozenset({
    "phone", "tel", "telephone", "phonenumber", "mobile", "mobilephone", "cell", "yourphone", "userphone",
    "clientphone", "contactphone", "телефон", "номертелефона", "номер", "мобильный", "мобильныйтелефон", "ваштелефон",
    "контактныйтелефон",
})  # fmt: skip
NAME = frozenset({
    "name", "fio", "fullname", "firstname", "yourname", "username", "clientname", "contactname", "имя", "фио",
    "вашеимя", "имяклиента", "каквасзовут", "каквамобращаться",
})  # fmt: skip
COMMENT = frozenset({
    "comment", "comments", "message", "yourmessage", "text", "textarea", "question", "комментарий", "комментарии",
    "сообщение", "вопрос", "вашвопрос", "текст",
})  # fmt: skip
DEPARTMENT = frozenset(["department", "dept", "отдел", "подразделение"])
LEAD = frozenset({"leadid", "dealid", "номерсделки"})
# A hook set by hand names its event, such as `leads[mail_in]`; that of a deletion has no lead to use.
_LEAD_OF_HOOK = re.compile(r"leads\[(?!delete\])\w{1,30}\]\[\d{1,4}\]\[id\]|event\[data\]\[id\]")
_OF_HOOK = re.compile(r"(?:leads|event|action|account)\[")
_ACCOUNT_OF_HOOK = re.compile(r"account\[id\]|account_id")
_LEAD_ELEMENT = "2"  # amoCRM's digital pipeline: what the id is of (docs/amocrm-contract.md §3.20)
_LAST_PART = re.compile(r"\[([^\[\]]*\D[^\[\]]*)\](?:\[\d*\])*$")
_NOT_LETTER = re.compile(r"[\W\d_]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ID = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteForm:
    """Texts are as they were typed, without control characters; empty where nothing was. `parameters` is the rest."""

    phone: str = ""
    name: str = ""
    comment: str = ""
    department: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    lead: int | None = None
    account: int | None = None
    is_bots: bool = False
    is_test: bool = False


def read(fields: Fields) -> SiteForm:
    """Of several fields of one meaning the first that holds something counts, the others stay parameters. Of a phone's
    the first that can be dialled: beside it sites ask "may we write to this phone"."""
    told = [(clean(name, LONGEST_NAME), clean(value, LONGEST_VALUE)) for name, value in fields]
    found: dict[str, str] = {}
    rest: list[tuple[str, str]] = []
    phone = next((value for name, value in told if _meaning(name) == "phone" and _is_dialable(value)), None)
    for name, value in told:
        meaning = _meaning(name)
        if meaning and value and meaning not in found and (meaning != "phone" or value == (phone or value)):
            found[meaning] = value
        elif name and value and name not in (TRAP, FILLED):
            rest.append((name, value))
    return SiteForm(
        **found,
        parameters=tuple(rest[:MOST_FIELDS]),
        lead=_lead(told),
        account=next((_id(value) for name, value in told if _ACCOUNT_OF_HOOK.fullmatch(name)), None),
        is_bots=_is_bots(told),
        is_test=told == ACCEPTED_TEST,
    )


def clean(text: str, longest: int) -> str:
    """Cut, and without what a database, a header or a person's eye stumbles over; halves of characters are gone."""
    whole = text.encode("utf-8", "ignore").decode()
    short = _CONTROL.sub("", whole.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return short if len(short) <= longest else short[: longest - 1] + "…"


def _meaning(name: str) -> str | None:
    """`Phone`, `tel-603`, `your-phone`, `fields[phone]`, `Телефон*` are all a phone; a lead's name is nobody's."""
    if _OF_HOOK.match(name):
        return None
    inner = _LAST_PART.search(name)
    letters = _NOT_LETTER.sub("", fold(inner[1] if inner else name))
    for meaning, names in (("phone", PHONE), ("name", NAME), ("comment", COMMENT), ("department", DEPARTMENT)):
        if letters in names:
            return meaning
    return None


def _is_dialable(value: str) -> bool:
    return sum(map(str.isdecimal, value)) >= phones.SHORTEST_OUTSIDE


def _lead(fields: Fields) -> int | None:
    """The lead that the request came with: amoCRM's hook of its pipeline, or a site that has made one itself."""
    told = dict(fields)
    if told.get("event[data][element_type]", _LEAD_ELEMENT) != _LEAD_ELEMENT:
        return None
    named = (
        value for name, value in fields if _LEAD_OF_HOOK.fullmatch(name) or _NOT_LETTER.sub("", fold(name)) in LEAD
    )
    return next((lead for lead in map(_id, named) if lead), None)


def _id(value: str) -> int | None:
    return int(value) if _ID.fullmatch(value) else None


def _is_bots(fields: Fields) -> bool:
    """Only a program fills what nobody sees, or sends before a person could have typed."""
    filled = next((_id(value) for name, value in fields if name == FILLED), None)
    return any(name == TRAP and value for name, value in fields) or (filled is not None and filled < QUICKEST)
