"""`/metrics` for Prometheus: the same from every process, because the numbers come from the database.

No phone numbers, no names. An account is shown by its id; those beyond MOST_ACCOUNTS are summed as "other".
"""

from __future__ import annotations

import hmac
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import structlog
from flask import Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy.exc import SQLAlchemyError

from backend.store import db, metrics
from backend.store.base import counters
from backend.store.metrics import Numbers
from backend.web import api
from backend.web.stream.reader import AWAY, BUCKETS

MOST_ACCOUNTS = 200
OTHER = "other"
Labelled = Mapping[tuple[str, ...], float]
EVERY = 5.0  # seconds between writes of this process's counts

blueprint = api.blueprint("metrics")
log = structlog.get_logger(__name__)

_turn = threading.Lock()
_written_at = time.monotonic()


@blueprint.get("/metrics")
def read_metrics() -> Response:
    """For bearers of METRICS_TOKEN. Without a token configured there is no such page."""
    token = current_app.config["METRICS_TOKEN"]
    if not token:
        abort(404)
    if not hmac.compare_digest(f"Bearer {token}".encode(), request.headers.get("Authorization", "").encode()):
        abort(401)
    with api.slowly():
        counters.flush()
        numbers = metrics.read()
    registry = CollectorRegistry()
    registry.register(_Page(numbers))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@blueprint.after_app_request
def write_counts(answer: Response) -> Response:
    """Periodically, at the end of any request, so that counts do not stay long in this process."""
    global _written_at
    if time.monotonic() - _written_at > EVERY and _turn.acquire(blocking=False):
        try:
            _written_at = time.monotonic()
            db.session.rollback()  # discards changes that the request has not committed
            counters.flush()
        except SQLAlchemyError as error:
            log.warning("not counted yet", error=str(error))
        finally:
            _turn.release()
    return answer


class _Page:
    """One scrape, as prometheus-client collects it."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._shown = {row.id for row in numbers.accounts[:MOST_ACCOUNTS]}

    def collect(self) -> Iterator[Metric]:
        yield from self._of_accounts()
        yield from self._of_work()
        yield from self._counted()

    def _of_accounts(self) -> Iterator[Metric]:
        rows = self._numbers.accounts
        yield _gauge("accounts", "Accounts by state", ("state",), _how_many(row.state for row in rows))
        yield _gauge("links", "Lines to PBXs by state", ("state",), _how_many(row.link for row in rows))
        shown = [row for row in rows if row.id in self._shown]
        up: Labelled = {(str(row.id),): row.link == "up" for row in shown if row.link != "never"}
        yield _gauge("link_up", "Whether the account's line to its PBX is up", ("account",), up)
        waits: Labelled = {(str(row.id),): row.budget_wait for row in shown}
        yield _gauge("crm_budget_wait_seconds", "How far the requests allowed are spent", ("account",), waits)
        blocked: Labelled = {(str(row.id),): row.is_blocked for row in shown}
        yield _gauge("crm_blocked", "Whether amoCRM has banned us for a while", ("account",), blocked)
        yield _gauge("streams", "Open pages", (), {(): self._numbers.streams})

    def _of_work(self) -> Iterator[Metric]:
        count: Counter[tuple[str, ...]] = Counter()
        age: dict[tuple[str, ...], float] = {}
        for row in self._numbers.intents:
            account = self._account(row.account_id)
            count[account, row.state] += row.how_many
            if row.state == "todo":
                age[(account,)] = max(age.get((account,), 0.0), float(row.age))
        yield _gauge("intents", "Work not done, by state", ("account", "state"), count)
        yield _gauge("backlog_seconds", "Age of the oldest live work", ("account",), age)
        lost: Counter[tuple[str, ...]] = Counter()
        for row in self._numbers.lost:
            lost[(self._account(row.account_id),)] += row.failed
        yield _gauge("calls_not_in_crm", "Calls of the last week that a person must look at", ("account",), lost)

    def _counted(self) -> Iterator[Metric]:
        sums: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name in (*LABELS, counters.POPUPS)}
        for row in self._numbers.counters:
            if row.name == counters.POPUPS:
                sums[row.name][(row.label,)] += row.value
            elif row.name in LABELS:
                sums[row.name][self._account(row.account_id), *row.label.split()] += row.value
        for name, (help_text, labels) in LABELS.items():
            family = CounterMetricFamily(f"phone_station_{name}", help_text, labels=("account", *labels))
            for values, value in sums[name].items():
                family.add_metric(values, value)
            yield family
        yield _histogram(sums[counters.POPUPS])

    def _account(self, account_id: int) -> str:
        return str(account_id) if account_id in self._shown else OTHER


LABELS = {
    counters.FACTS: ("Things that happened on phones", ("kind",)),
    counters.CALLS: ("Calls that ended", ("direction", "result")),
    counters.REQUESTS: ("Answers of amoCRM by HTTP status", ("status",)),
}


def _how_many(values: Iterable[str]) -> Labelled:
    return {(value,): count for value, count in Counter(values).items()}


def _gauge(name: str, help_text: str, labels: Iterable[str], values: Labelled) -> Metric:
    family = GaugeMetricFamily(f"phone_station_{name}", help_text, labels=tuple(labels))
    for labelled, value in values.items():
        family.add_metric(labelled, float(value))
    return family


def _histogram(counted: Counter[tuple[str, ...]]) -> Metric:
    """Buckets as Prometheus defines them: each counts all values up to its bound."""
    family = HistogramMetricFamily("phone_station_popup_seconds", "From a popup's writing to its sending", labels=())
    total, buckets = 0.0, []
    for bound in (*BUCKETS, AWAY):
        total += counted[(f"{bound:g}",)]
        buckets.append((f"{bound:g}", total))
    family.add_metric((), [*buckets, ("+Inf", total)], sum_value=counted[("sum",)])
    return family
