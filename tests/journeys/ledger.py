"""What an account gained since a journey began: a line for every card, record and note, as a person would say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.crm.handle import AccountHandle

Record = dict[str, Any]

KINDS = {"contacts": "contact", "companies": "company", "leads": "lead"}
OUTCOMES = {4: "talked", 5: "wrong number", 6: "no answer", 7: "busy"}
BOOKKEEPING = ("updated_at", "updated_by", "closest_task_at")


class Ledger:
    """`recordings` is how every link to a recording must begin."""

    def __init__(self, account: AccountHandle, recordings: str) -> None:
        self._account, self._recordings = account, recordings
        self._before = self._now = account.state()

    def lines(self) -> list[str]:
        """Sorted. Everything the account holds that it did not hold, and what changed of the rest."""
        self._now = self._account.state()
        return sorted([*self._cards(), *self._records(), *self._notes(), *self._changes()])

    def lead(self, lead_id: int) -> str:
        """The name of the lead that a link leads to."""
        if lead_id not in self._now["leads"]:
            self._now = self._account.state()
        return f"«{self._now['leads'][lead_id]['name']}»"

    def _new(self, table: str) -> list[Record]:
        return [record for key, record in self._now[table].items() if key not in self._before[table]]

    def _cards(self) -> Iterator[str]:
        for table in ("contacts", "companies"):
            for card in self._new(table):
                hidden = ", hidden" if card["is_unsorted"] else ""
                phones = ", ".join(_phones(card)) or "no number"
                yield f"{KINDS[table]} «{card['name']}»{self._firm(card)} {phones}, {self._user(card)}{hidden}"
        for lead in self._new("leads"):
            yield f"lead «{lead['name']}» of {self._parties(lead)}, {self._user(lead)}, {self._stage(lead)}"

    def _parties(self, lead: Record) -> str:
        linked = [self._now["contacts"][each["id"]]["name"] for each in lead["contacts"]]
        return ("«" + "» and «".join(linked) + "»" if linked else "nobody") + self._firm(lead)

    def _firm(self, card: Record) -> str:
        firm = card.get("company_id")
        return f" at «{self._now['companies'][firm]['name']}»" if firm else ""

    def _stage(self, lead: Record) -> str:
        pipeline = self._now["pipelines"][lead["pipeline_id"]]
        status = next(each["name"] for each in pipeline["statuses"] if each["id"] == lead["status_id"])
        return f"{pipeline['name']}/{status}"

    def _records(self) -> Iterator[str]:
        for record in self._new("unsorted"):
            name = self._now["leads"][record["lead_id"]]["name"]
            yield f"unsorted {record['category']} «{name}»: {record['outcome'] or 'waits'}"

    def _notes(self) -> Iterator[str]:
        for note in self._new("notes"):
            card = self._now[note["entity_type"]][note["entity_id"]]
            where = f"{KINDS[note['entity_type']]} «{card['name']}»"
            if str(note["note_type"]).startswith("call_"):
                yield f"{note['note_type']} {note['params']['phone']} on {where}, {self._call(note)}"
            else:
                yield f"{note['note_type']} on {where}"

    def _call(self, note: Record) -> str:
        params, odd = note["params"], self._oddities(note)
        if "call_status" not in params:
            return f"part of the record{odd}"
        outcome = OUTCOMES[params["call_status"]]
        if outcome == "talked" and not params["duration"]:
            outcome = "talking"
        text = re.sub(r"\b\d:(?!00)\d\d", "m:ss", params.get("call_result", ""))
        return f"{self._name(note['responsible_user_id'])}: {outcome}" + (f", {text}" if text else "") + odd

    def _oddities(self, note: Record) -> str:
        """What must hold of every call note, spelled out when it does not."""
        params, who = note["params"], note["responsible_user_id"]
        expected = {
            "recording": params["link"].startswith(self._recordings) and params["link"].endswith(".mp3"),
            "name": bool(params["uniq"]),
            "creator": "call_status" not in params or note["created_by"] == params["call_responsible"] == who,
            "duration": params["duration"] == 0 or params.get("call_status") == 4,
        }
        return "".join(f" ODD {what}" for what, fine in expected.items() if not fine)

    def _changes(self) -> Iterator[str]:
        for table, one in KINDS.items():
            for key, before in self._before[table].items():
                now = self._now[table][key]
                for field in sorted(before.keys() | now.keys()):
                    if field not in BOOKKEEPING and before.get(field) != now.get(field):
                        yield f"changed {one} «{now['name']}»: {field} {now.get(field)}"

    def _user(self, card: Record) -> str:
        return self._name(card["responsible_user_id"])

    def _name(self, user_id: int) -> str:
        return str(self._now["users"][user_id]["name"]) if user_id else "nobody"


def _phones(card: Record) -> list[str]:
    fields = [field for field in card["custom_fields_values"] or [] if field["field_code"] == "PHONE"]
    return [str(value["value"]) for field in fields for value in field["values"]]
