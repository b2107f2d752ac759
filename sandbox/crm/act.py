"""One change and who makes it: numbers it, dates it, and tells the history and the webhooks."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.crm import php
from sandbox.crm.faults import Faults
from sandbox.crm.hooks import Delivery, Outbox
from sandbox.crm.limits import Limiter
from sandbox.crm.state import Account, Record, World
from sandbox.crm.traffic import Traffic

SINGULAR = {"leads": "lead", "contacts": "contact", "companies": "company", "tasks": "task"}
# Numbers of entity types in the older parts of the API (docs/amocrm-contract.md §3.11).
TYPE_NUMBER = {"contacts": 1, "leads": 2, "companies": 3}
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
TRIGGERS = {"lead_added": 1, "lead_status_changed": 14, "call_in": 17}
ROBOT = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one sandbox is made of."""

    world: World
    limiter: Limiter
    faults: Faults
    traffic: Traffic
    outbox: Outbox
    buttons: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What can be pressed on every page beside what amoCRM has, by the button's words: the demo's own doings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`user_id` is the amoCRM user who acts, 0 for the robot."""

    parts: Parts
    account: Account
    user_id: int = ROBOT

    @property
    def now(self) -> int:
        return self.parts.world.now()

    def take_id(self, kind: str) -> int:
        return self.parts.world.take_id(kind)

    def event(self, kind: str, entity_id: int, name: str, after: list[Record], before: list[Record]) -> None:
        """Into the history the events API shows (docs/amocrm-contract.md §3.12)."""
        self.account.events.append({
            "id": _ulid(self.now), "type": name, "entity_id": entity_id, "entity_type": SINGULAR[kind],
            "created_by": self.user_id, "created_at": self.now, "value_after": after, "value_before": before,
            "account_id": self.account.id,
        })  # fmt: skip

    def hook(self, name: str, key: str, action: str, payload: Record) -> None:
        """To every webhook subscribed to `name`, in PHP's nested form (docs/amocrm-contract.md §3.19)."""
        body = php.encode({key: {action: [payload]}, "account": self._signature()})
        for webhook in self.account.webhooks.values():
            if name in webhook["settings"] and not webhook["disabled"]:
                self._send(webhook["destination"], body, webhook_id=webhook["id"])

    def trigger(self, name: str, lead: Record) -> None:
        """The digital pipeline's hooks: JSON, sent once (docs/amocrm-contract.md §3.20)."""
        for hook in self.account.pipeline_hooks:
            if hook["type_code"] == name:
                body = json.dumps(self._trigger_body(name, lead, hook["settings"]), ensure_ascii=False)
                self._send(hook["url"], body, content_type="application/json")

    def _trigger_body(self, name: str, lead: Record, settings: Record) -> Record:
        data = {"id": lead["id"], "element_type": 2, "status_id": lead["status_id"]}
        event = {"type": TRIGGERS[name], "type_code": name, "time": self.now}
        return {
            "event": {**event, "data": {**data, "pipeline_id": lead["pipeline_id"]}},
            "action": {"settings": {"widget": {"settings": settings}}},
            "subdomain": self.account.subdomain,
            "account_id": self.account.id,
        }

    def _signature(self) -> Record:
        url = self.parts.world.account_url(self.account)
        return {"subdomain": self.account.subdomain, "id": self.account.id, "_links": {"self": url}}

    def _send(self, url: str, body: str, **more: Any) -> None:
        due = self.parts.world.clock.now()
        self.parts.outbox.put(Delivery(account_id=self.account.id, url=url, body=body, due=due, **more))


def _ulid(now: int) -> str:
    """26 characters that sort by time, like the ids of amoCRM's events."""
    number = (now * 1000 << 80) | secrets.randbits(80)
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
