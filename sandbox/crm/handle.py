"""What a test or the demo does with one account: puts people in, looks, acts as an employee, makes trouble."""

from __future__ import annotations

import json
import math
import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict
from typing import Any

from sandbox.crm import cards, faults, fields, grants, seeding, tokens, unsorted_records
from sandbox.crm.act import Act, Parts
from sandbox.crm.oauth import PLATFORM, with_query
from sandbox.crm.state import Account, Integration, Record
from sandbox.crm.traffic import Request

INSTALL_DEADLINE = 3.0
FLAGS = (
    "name", "paid", "webhooks_on", "unsorted_on", "filter_on", "duplicate_control", "notes_on_unsorted", "search_lag",
)  # fmt: skip
UNTIL_TOLD = math.inf


class AccountHandle:
    """Cards and people are plain records, copied out; wherever one is wanted, its id will do."""

    def __init__(self, parts: Parts, account: Account) -> None:
        self._parts = parts
        self._account = account

    @property
    def id(self) -> int:
        return self._account.id

    @property
    def subdomain(self) -> str:
        return self._account.subdomain

    @property
    def url(self) -> str:
        return self._parts.world.account_url(self._account)

    # Putting in. Seeding is silent on the network only as long as nobody subscribed.

    def add_user(self, name: str, *, admin: bool = False, **more: Any) -> Record:
        with self._changing():
            return deepcopy(seeding.add_user(self._parts.world, self._account, name, admin=admin, **more))

    def add_contact(self, name: str, phones: Sequence[str] = (), responsible: Record | int | None = None) -> Record:
        return self._add_card("contacts", name, phones, responsible)

    def add_company(self, name: str, phones: Sequence[str] = (), responsible: Record | int | None = None) -> Record:
        return self._add_card("companies", name, phones, responsible)

    def _add_card(self, kind: str, name: str, phones: Sequence[str], responsible: Record | int | None) -> Record:
        item = {"name": name, "custom_fields_values": fields.phone_values(phones), **_owner(responsible)}
        with self._changing():
            return deepcopy(cards.new_card(self._act(), kind, item))

    def add_lead(
        self,
        name: str,
        contact: Record | int | None = None,
        responsible: Record | int | None = None,
        stage: str | int | None = None,
        **more: Any,
    ) -> Record:
        """`stage` is a name or an id; without it the lead stands in the first one."""
        where = {} if stage is None else {"status_id": seeding.stage_named(self._account, stage)["id"]}
        embedded = {"contacts": [{"id": _id(contact)}]} if contact is not None else {}
        with self._changing():
            item = {"name": name, "_embedded": embedded, **where, **_owner(responsible), **more}
            return deepcopy(cards.new_lead(self._act(), item))

    # Looking.

    @property
    def users(self) -> list[Record]:
        return self._copies(self._account.users.values())

    @property
    def contacts(self) -> list[Record]:
        """As lists show them: without the deleted and those still hidden in unsorted."""
        return self._copies(cards.visible(self._account.contacts.values()))

    @property
    def companies(self) -> list[Record]:
        return self._copies(cards.visible(self._account.companies.values()))

    @property
    def leads(self) -> list[Record]:
        """Those that are not deleted and not waiting in unsorted."""
        alive = [lead for lead in self._account.leads.values() if not lead["is_deleted"]]
        return self._copies(lead for lead in alive if not cards.is_unsorted_lead(self._account, lead))

    @property
    def unsorted(self) -> list[Record]:
        """Records nobody accepted or declined yet."""
        return self._copies(unsorted_records.waiting(self._account))

    @property
    def notifications(self) -> list[Record]:
        return self._copies(self._account.notifications)

    @property
    def notes(self) -> list[Record]:
        return self._copies(self._account.notes.values())

    def notes_of(self, card: Record | int, kind: str = "leads") -> list[Record]:
        notes = self._account.notes.values()
        return self._copies(n for n in notes if (n["entity_type"], n["entity_id"]) == (kind, _id(card)))

    def requests(self, since: int = 0) -> list[Request]:
        return self._parts.traffic.since(since, self._account.subdomain)

    def state(self) -> Record:
        """Everything the account holds, fit for JSON."""
        with self._parts.world.lock:
            whole = deepcopy(asdict(self._account))
        whole["search_lag"] = None if math.isinf(whole["search_lag"]) else whole["search_lag"]
        return whole

    # Acting as an employee would in the interface.

    def accept(self, uid: str, user: Record | int, stage: str | int | None = None) -> None:
        status_id = None if stage is None else seeding.stage_named(self._account, stage)["id"]
        with self._changing():
            record = self._account.unsorted[uid]
            unsorted_records.accept(self._act(_id(user)), record, _id(user), status_id)

    def decline(self, uid: str, user: Record | int) -> None:
        with self._changing():
            unsorted_records.decline(self._act(_id(user)), self._account.unsorted[uid])

    def move_lead(self, lead: Record | int, stage: str | int) -> None:
        self.change("leads", lead, status_id=seeding.stage_named(self._account, stage)["id"])

    def change(self, kind: str, card: Record | int, **values: Any) -> None:
        """Sets keys as the API would: `responsible_user_id`, `name`, `custom_fields_values`…"""
        with self._changing():
            cards.change(self._act(), kind, self._account.table(kind)[_id(card)], values)

    def delete(self, kind: str, card: Record | int) -> None:
        with self._changing():
            cards.delete(self._act(), kind, self._account.table(kind)[_id(card)])

    def restore(self, kind: str, card: Record | int) -> None:
        with self._changing():
            cards.restore(self._act(), kind, self._account.table(kind)[_id(card)])

    def merge(self, kind: str, gone: Record | int, kept: Record | int) -> None:
        """`kept` takes over what `gone` had."""
        table = self._account.table(kind)
        with self._changing():
            cards.merge(self._act(), kind, table[_id(gone)], table[_id(kept)])

    # Acting as the account's admin, or as amoCRM itself.

    def set(self, **flags: Any) -> None:
        """Any of FLAGS; `search_lag` in seconds, or UNTIL_TOLD. KeyError for another."""
        with self._changing():
            for name, value in flags.items():
                if name not in FLAGS:
                    raise KeyError(name)
                setattr(self._account, name, value)

    def index_now(self) -> None:
        """The search catches up with everything written so far."""
        with self._changing():
            self._account.unindexed.clear()

    def set_user(self, user: Record | int, **values: bool) -> None:
        """`is_active`, `is_admin`, `is_free`."""
        with self._changing():
            self._account.users[_id(user)].update(values)

    def delete_user(self, user: Record | int) -> None:
        with self._changing():
            del self._account.users[_id(user)]

    def delete_pipeline(self, pipeline: int) -> None:
        with self._changing():
            del self._account.pipelines[pipeline]

    def rename(self, subdomain: str) -> None:
        with self._changing():
            if self._parts.world.by_subdomain(subdomain):
                raise ValueError(f"{subdomain} is taken")
            self._account.subdomain = subdomain

    def tokens(self, user: Record | int | None = None) -> Record:
        """A pair as the token endpoint gives it, without a code; the first admin's when no user is named."""
        with self._changing():
            user_id = self._admin() if user is None else _id(user)
            return grants.give_pair(self._parts.world, self._account, self._integration().client_id, user_id)

    def widget_token(self, user: Record | int) -> str:
        with self._parts.world.lock:
            who = self._account.users[_id(user)]
            return tokens.widget_token(self._parts.world, self._account, who, self._integration())

    def revoke_tokens(self, kinds: tuple[str, ...] = ("access", "refresh")) -> int:
        """Of all integrations; how many there were."""
        with self._changing():
            return grants.revoke(self._parts.world, self._account, kinds=kinds)

    def install(self, user: Record | int | None = None, settings: Record | None = None) -> int:
        """Presses Install: amoCRM calls once, for 3 s (docs/amocrm-contract.md §1.2). The status; 499 late, 0 nobody
        there."""
        with self._changing():
            integration, user_id = self._integration(), self._admin() if user is None else _id(user)
            code = grants.give_code(self._parts.world, self._account, integration, user_id)
            install = {"user_id": user_id, "at": self._parts.world.now(), "settings": settings or {}}
            self._account.installs[integration.client_id] = install
            query = {"code": code, "referer": f"{self.subdomain}.{self._parts.world.domain}", "platform": PLATFORM}
        url = with_query(integration.redirect_uri, {**query, "client_id": integration.client_id, "from_widget": "1"})
        return self._parts.outbox.send_once("GET", url, deadline=INSTALL_DEADLINE)

    def disable(self) -> int:
        """Turns the integration off: its tokens die, its disable hook is called once; the status."""
        with self._changing():
            integration = self._integration()
            grants.revoke(self._parts.world, self._account, integration.client_id)
            self._account.installs.pop(integration.client_id, None)
        if integration.disable_uri is None:
            return 0
        query = {"account_id": str(self.id), "client_uuid": integration.client_id}
        signed = {**query, "signature": tokens.disable_signature(integration, self.id)}
        url = with_query(integration.disable_uri, signed)
        return self._parts.outbox.send_once("GET", url, deadline=INSTALL_DEADLINE)

    def install_external(self, redirect_uri: str, secrets_uri: str, state: str | None = None) -> str:
        """The button with metadata: new keys are posted to `secrets_uri`; the address the browser goes to next."""
        keys = {"client_id": str(uuid.uuid4()), "client_secret": secrets.token_urlsafe(48)}
        integration = Integration(**keys, redirect_uri=redirect_uri, widget_code=keys["client_id"])
        with self._changing():
            self._parts.world.integrations[integration.client_id] = integration
            code = grants.give_code(self._parts.world, self._account, integration, self._admin())
        body = json.dumps({**keys, "state": state})
        self._parts.outbox.send_once("POST", secrets_uri, deadline=INSTALL_DEADLINE, body=body, kind="application/json")
        query = {"code": code, **({"state": state} if state else {}), "platform": PLATFORM}
        referer = f"{self.subdomain}.{self._parts.world.domain}"
        return with_query(redirect_uri, {**query, "referer": referer, "client_id": integration.client_id})

    def add_pipeline_hook(self, url: str, type_code: str, settings: Record | None = None) -> None:
        """The digital pipeline calls `url` at "lead_added", "lead_status_changed" or "call_in"."""
        hook = {"url": url, "type_code": type_code, "settings": settings or {}}
        with self._changing():
            self._account.pipeline_hooks.append(hook)

    # Trouble.

    def spoil(self, kind: faults.Kind, path: str = "", **how: Any) -> faults.Fault:
        """A fault for this account only; see Fault for what can be told."""
        return self._parts.faults.add(faults.Fault(kind=kind, path=path, account=self.subdomain, **how))

    def drop_refresh_answer(self, count: int = 1) -> faults.Fault:
        """The next refresh is carried out, and its answer lost."""
        return self.spoil(faults.Kind.CUT, "^/oauth2/access_token", body="refresh_token", after_write=True, count=count)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._parts.world.lock:
            yield
            self._parts.world.save()

    def _act(self, user_id: int = 0) -> Act:
        return Act(parts=self._parts, account=self._account, user_id=user_id)

    def _admin(self) -> int:
        return int(next(user["id"] for user in self._account.users.values() if user["is_admin"]))

    def _integration(self) -> Integration:
        return next(iter(self._parts.world.integrations.values()))

    def _copies(self, records: Any) -> list[Record]:
        with self._parts.world.lock:
            return [deepcopy(record) for record in records]


def _id(card: Record | int) -> int:
    return card if isinstance(card, int) else int(card["id"])


def _owner(responsible: Record | int | None) -> Record:
    return {} if responsible is None else {"responsible_user_id": _id(responsible)}
