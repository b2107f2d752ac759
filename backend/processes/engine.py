"""procrastinate as we run it: only drains, and alive again by itself whatever its database does."""

from __future__ import annotations

import asyncio

import procrastinate
import psycopg
import structlog
from procrastinate import jobs, manager, worker
from procrastinate.exceptions import ConnectorException

from backend.config import Settings
from backend.store.journal import wake

POLL = 0.5  # seconds; a wake-up that comes while a job is fetched is only found so (docs/engine-facts.md §2)
HEARTBEAT = 1.0  # seconds
CONNECTIONS = 2  # procrastinate's pool, its listening connection apart
PATIENCE = 10.0  # seconds it waits for the database; the pool's own waits double without end
NEVER = 600  # seconds: procrastinate's own pruning is put far off, `wake.rescue` deletes and wakes

log = structlog.get_logger()


class JobManager(manager.JobManager):
    """Tells the end of a job again where the database went away meanwhile: a job that never ends would keep its
    account waiting for `wake.LONGEST_DRAIN`. One that was taken over has no end to tell."""

    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:
        for wait in (HEARTBEAT, 2 * HEARTBEAT, None):
            try:
                return await super().finish_job(job, status, delete_job)
            except ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.RaiseException):  # "Job was not found"
                    return None
                if wait is None:
                    raise
                await asyncio.sleep(wait)


class Worker(worker.Worker):
    """Ends when its heartbeat or its listening fails: procrastinate 3.10 watches them only as long as its periodic
    jobs run, and without one that is never. A worker without a heartbeat would have every drain taken away."""

    async def _periodic_deferrer(self) -> None:
        await asyncio.Event().wait()


def make_engine(settings: Settings) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(
        conninfo=settings.libpq_url,
        min_size=1,
        max_size=CONNECTIONS,
        timeout=PATIENCE,
        reconnect_timeout=PATIENCE,
    )
    engine = procrastinate.App(connector=connector)
    engine.job_manager = JobManager(connector)
    return engine


async def run_drains(engine: procrastinate.App, channel: str, threads: int, stop: asyncio.Event) -> None:
    """The drains of one channel: a worker after the other,
    each until the database goes away under it; cancel it when `stop` is set."""
    while not stop.is_set():
        try:
            await _worker(engine, channel, threads).run()  # type: ignore[no-untyped-call]
            log.error("drains stopped, they begin anew")
        except ConnectorException as error:
            log.error("drains stopped, they begin anew", error=repr(error.__cause__))
        await asyncio.sleep(HEARTBEAT)


def _worker(engine: procrastinate.App, channel: str, threads: int) -> Worker:
    return Worker(
        engine,
        queues=[wake.queue_of(channel)],
        concurrency=threads,
        fetch_job_polling_interval=POLL,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=NEVER,
        delete_jobs="always",
        install_signal_handlers=False,
    )
