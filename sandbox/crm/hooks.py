"""What amoCRM sends by itself: webhooks with their retries, and the one-shot calls of OAuth and the pipeline."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, replace

import requests

from sandbox.crm.state import World

FORM = "application/x-www-form-urlencoded"
WEBHOOK_DEADLINE = 2.0
# Seconds to attempts 2..5; the last two follow only a 499 or 5xx (docs/amocrm-contract.md §3.19).
RETRIES = (300.0, 900.0, 900.0, 3600.0)
PATIENT_RETRIES = 2
CLIENT_CLOSED = 499
UNREACHABLE = 0
DISABLE_AFTER = 100
DISABLE_WINDOW = 7200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A POST that is due at `due` (sandbox time). `webhook_id` None: sent once, never again."""

    account_id: int
    url: str
    body: str
    due: float
    webhook_id: int | None = None
    content_type: str = FORM
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of an attempt; status 499 is the deadline passed, 0 nobody there."""

    at: float
    method: str
    url: str
    body: str
    attempt: int
    status: int


def send(method: str, url: str, *, deadline: float, body: str = "", content_type: str | None = None) -> int:
    """The answer's status; redirects are not followed."""
    headers = {"User-Agent": "amoCRM-Webhooks/3.0"} | ({"Content-Type": content_type} if content_type else {})
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.request(
                method, url, data=body.encode(), headers=headers, timeout=deadline, allow_redirects=False
            )
        except requests.Timeout:
            return CLIENT_CLOSED
        except requests.RequestException:
            return UNREACHABLE
        return answer.status_code


class Outbox:
    """Deliveries in the order they are due, carried out by one thread of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._changed = threading.Condition()
        self._waiting: list[Delivery] = []
        self._busy = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._failures: dict[int, deque[float]] = defaultdict(deque)
        self.sent: deque[Sent] = deque(maxlen=5000)
        world.clock.listeners.append(self._wake)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()

    def put(self, delivery: Delivery) -> None:
        with self._changed:
            self._waiting.append(delivery)
            self._changed.notify_all()

    def waiting(self) -> list[Delivery]:
        with self._changed:
            return sorted(self._waiting, key=lambda delivery: delivery.due)

    def clear(self) -> None:
        with self._changed:
            self._waiting.clear()
            self._failures.clear()
            self.sent.clear()

    def settle(self, timeout: float) -> bool:
        """Waits until nothing that is due is unsent; False when `timeout` seconds were not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy and self._due() is None, timeout)

    def send_once(self, method: str, url: str, *, deadline: float, body: str = "", kind: str | None = None) -> int:
        status = send(method, url, deadline=deadline, body=body, content_type=kind)
        self._note(Sent(at=self._world.clock.now(), method=method, url=url, body=body, attempt=1, status=status))
        return status

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _due(self) -> Delivery | None:
        now = self._world.clock.now()
        return min((d for d in self._waiting if d.due <= now), key=lambda d: d.due, default=None)

    def _pause(self) -> float | None:
        """Real seconds to the next one due; None when there is none, or the clock stands."""
        now = self._world.clock.now()
        return min((max(d.due - now, 0.01) for d in self._waiting), default=None)

    def _take(self) -> Delivery | None:
        """Blocks for the next delivery that is due; None means stop."""
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            while not self._stopping:
                delivery = self._due()
                if delivery:
                    self._waiting.remove(delivery)
                    self._busy = True
                    return delivery
                self._changed.wait(self._pause())
            return None

    def _run(self) -> None:
        while delivery := self._take():
            self._carry_out(delivery)

    def _carry_out(self, delivery: Delivery) -> None:
        if not self._still_wanted(delivery):
            return
        status = send(
            "POST",
            delivery.url,
            deadline=WEBHOOK_DEADLINE,
            body=delivery.body,
            content_type=delivery.content_type,
        )
        now = self._world.clock.now()
        self._note(
            Sent(at=now, method="POST", url=delivery.url, body=delivery.body, attempt=delivery.attempt, status=status)
        )
        if delivery.webhook_id is not None and not 100 <= status < 300:
            self._failed(delivery, delivery.webhook_id, status, now)

    def _still_wanted(self, delivery: Delivery) -> bool:
        with self._world.lock:
            account = self._world.accounts.get(delivery.account_id)
            if account is None or delivery.webhook_id is None:
                return account is not None
            webhook = account.webhooks.get(delivery.webhook_id)
            return webhook is not None and not webhook["disabled"]

    def _failed(self, delivery: Delivery, webhook_id: int, status: int, now: float) -> None:
        self._maybe_disable(delivery, webhook_id, now)
        patient = delivery.attempt <= PATIENT_RETRIES
        if delivery.attempt > len(RETRIES) or not (patient or status == CLIENT_CLOSED or status >= 500):
            return
        self.put(replace(delivery, attempt=delivery.attempt + 1, due=now + RETRIES[delivery.attempt - 1]))

    def _maybe_disable(self, delivery: Delivery, webhook_id: int, now: float) -> None:
        """More than 100 invalid answers in two hours and the latest invalid: amoCRM stops sending."""
        failures = self._failures[webhook_id]
        failures.append(now)
        while failures[0] <= now - DISABLE_WINDOW:
            failures.popleft()
        with self._world.lock:
            account = self._world.accounts.get(delivery.account_id)
            if account and webhook_id in account.webhooks and len(failures) > DISABLE_AFTER:
                account.webhooks[webhook_id]["disabled"] = True

    def _note(self, sent: Sent) -> None:
        self.sent.append(sent)
