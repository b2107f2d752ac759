"""Everything the sandbox remembers: plain values that fit a JSON file, kept behind one lock."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.crm.clock import Clock
from sandbox.crm.widgets.archive import Archive

Record = dict[str, Any]
Table = dict[int, Record]

# Shared by all accounts, as amoCRM's are: an id of one account never exists in another.
FIRST_IDS = {
    "accounts": 31000777, "users": 9001001, "pipelines": 7000001, "statuses": 60000001, "fields": 500101,
    "enums": 700201, "contacts": 41000001, "companies": 45000001, "leads": 22000001, "notes": 88000001,
    "tasks": 5500001, "webhooks": 330001, "tags": 91001, "widgets": 90210, "notifications": 1,
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Account:
    """One amoCRM account. Tables are keyed by id; `fields` by id over all entity types."""

    id: int
    subdomain: str
    name: str
    created_at: int
    paid: bool = True
    webhooks_on: bool = True
    unsorted_on: bool = True
    filter_on: bool = False
    duplicate_control: bool = False
    notes_on_unsorted: bool = True
    search_lag: float = 0.0
    users: Table = field(default_factory=dict)
    pipelines: Table = field(default_factory=dict)
    fields: Table = field(default_factory=dict)
    contacts: Table = field(default_factory=dict)
    companies: Table = field(default_factory=dict)
    leads: Table = field(default_factory=dict)
    notes: Table = field(default_factory=dict)
    tasks: Table = field(default_factory=dict)
    webhooks: Table = field(default_factory=dict)
    tags: Table = field(default_factory=dict)
    unsorted: dict[str, Record] = field(default_factory=dict)
    installs: dict[str, Record] = field(default_factory=dict)
    unindexed: dict[str, float] = field(default_factory=dict)
    events: list[Record] = field(default_factory=list)
    notifications: list[Record] = field(default_factory=list)
    pipeline_hooks: list[Record] = field(default_factory=list)

    def table(self, kind: str) -> Table:
        """The contacts, companies or leads, by the plural amoCRM uses in its paths."""
        tables = {"contacts": self.contacts, "companies": self.companies, "leads": self.leads}
        return tables[kind]

    @property
    def main_pipeline(self) -> Record:
        return next(pipeline for pipeline in self.pipelines.values() if pipeline["is_main"])

    def status(self, status_id: int, pipeline_id: int) -> Record | None:
        pipeline = self.pipelines.get(pipeline_id)
        return next((s for s in pipeline["statuses"] if s["id"] == status_id), None) if pipeline else None


TABLES = [f.name for f in fields(Account) if f.type == "Table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """What the developer made in amoMarket: one pair of keys for all accounts."""

    client_id: str
    client_secret: str
    redirect_uri: str
    name: str = "Телефонная станция"
    disable_uri: str | None = None
    widget_code: str = "pbx_link"


class World:
    """All accounts, integrations and grants. Hold `lock` while reading or writing them."""

    def __init__(self, *, site: str = "http://localhost:8400", state_file: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.site = site
        self.grace_until_new_used = False
        self.archives: dict[str, Archive] = {}
        """Widgets by their integration; uploaded anew at each start, never saved."""
        self._file = state_file
        self.clear()
        if state_file and state_file.exists():
            self._load(json.loads(state_file.read_text()))

    def clear(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.integrations: dict[str, Integration] = {}
        self.grants: dict[str, dict[str, Record]] = {"code": {}, "access": {}, "refresh": {}}
        self.next_ids = dict(FIRST_IDS)

    def now(self) -> int:
        return int(self.clock.now())

    def take_id(self, kind: str) -> int:
        taken = self.next_ids[kind]
        self.next_ids[kind] = taken + 1
        return taken

    def keep_id(self, kind: str, wanted: int | None) -> int:
        """The id a seed asked for, or the next one; never handed out again."""
        if wanted is None:
            return self.take_id(kind)
        self.next_ids[kind] = max(self.next_ids[kind], wanted + 1)
        return wanted

    def by_subdomain(self, subdomain: str) -> Account | None:
        return next((a for a in self.accounts.values() if a.subdomain == subdomain), None)

    def integration_of(self, widget_code: str) -> Integration | None:
        return next((i for i in self.integrations.values() if i.widget_code == widget_code), None)

    @property
    def scheme(self) -> str:
        return urlsplit(self.site).scheme

    @property
    def domain(self) -> str:
        """What follows the subdomain in this sandbox's host names, with the port."""
        return urlsplit(self.site).netloc

    def account_url(self, account: Account) -> str:
        return f"{self.scheme}://{account.subdomain}.{self.domain}"

    def save(self) -> None:
        """Writes the state file, if there is one, whole or not at all."""
        if self._file is None:
            return
        draft = self._file.with_suffix(self._file.suffix + ".new")
        draft.write_text(json.dumps(self._dump(), ensure_ascii=False))
        draft.replace(self._file)

    def _dump(self) -> Record:
        return {
            "accounts": [asdict(account) for account in self.accounts.values()],
            "integrations": [asdict(integration) for integration in self.integrations.values()],
            "grants": self.grants,
            "next_ids": self.next_ids,
        }

    def _load(self, saved: Record) -> None:
        accounts = [Account(**_with_int_keys(record)) for record in saved["accounts"]]
        self.accounts = {account.id: account for account in accounts}
        self.integrations = {i["client_id"]: Integration(**i) for i in saved["integrations"]}
        self.grants = saved["grants"]
        self.next_ids = saved["next_ids"]


def _with_int_keys(record: Record) -> Record:
    """JSON turns integer keys into text; this turns them back."""
    tables: dict[str, Table] = {name: {int(k): v for k, v in record[name].items()} for name in TABLES}
    return {**record, **tables}


def grouped(records: list[Record], key: str) -> dict[Any, list[Record]]:
    groups: dict[Any, list[Record]] = defaultdict(list)
    for record in records:
        groups[record[key]].append(record)
    return groups
