"""The worker: procrastinate hands out drains, one at a time per account; the account's chores run beside them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import procrastinate
import psycopg
import structlog
from flask import Flask
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager as AnyJobManager

from backend import accounts, create_app, installs
from backend.amocrm.errors import NeedsPerson
from backend.config import Settings
from backend.desk import chores, work
from backend.desk.job import Fence, Fenced
from backend.store import wake

POLL = 0.5  # seconds; a wake-up that comes while a job is fetched is only found so (engine facts §2)
HEARTBEAT, DEAD_AFTER = 1.0, 5.0  # seconds; procrastinate's own pruning is put far off, ours deletes and wakes
ENGINE_CONNECTIONS = 2  # procrastinate's pool, its listening connection apart
ENGINE_PATIENCE = 10.0  # seconds it waits for the database; the pool's own waits double without end

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """`every` is in seconds; each is safe to run in several workers at once."""

    every: float
    run: Callable[[], object]


CHORES = (
    Chore(every=1, run=installs.finish_installs),
    Chore(every=2, run=lambda: wake.rescue(DEAD_AFTER)),
    Chore(every=5, run=wake.sweep),
    Chore(every=60, run=accounts.renew_due_tokens),
    Chore(every=600, run=accounts.probe_unpaid),
    Chore(every=5, run=chores.sync_due_phonebooks),
    Chore(every=300, run=chores.forget_old),
)


def run_worker(settings: Settings) -> None:
    """`python -m backend worker`: until SIGTERM; running slices end by themselves, within seconds."""
    app = create_app(settings, connections=max(1, settings.worker_connections - ENGINE_CONNECTIONS - 1))
    asyncio.run(_serve(app, settings))


async def _serve(app: Flask, settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(settings.worker_concurrency + len(CHORES) + 2))
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    engine = _engine(app, settings)
    async with engine.open_async(), asyncio.TaskGroup() as tasks:
        drains = tasks.create_task(_drains(engine, settings, stop))
        chores = [tasks.create_task(_repeat(app, chore)) for chore in CHORES]
        await stop.wait()
        for task in (drains, *chores):
            task.cancel()


async def _drains(engine: procrastinate.App, settings: Settings, stop: asyncio.Event) -> None:
    """Procrastinate's worker ends when the database goes away under it; it begins anew, as another one."""
    while not stop.is_set():
        try:
            await engine.run_worker_async(
                queues=[wake.QUEUE],
                concurrency=settings.worker_concurrency,
                fetch_job_polling_interval=POLL,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=600,
                delete_jobs="always",
                install_signal_handlers=False,
            )
            log.error("drains stopped, they begin anew")
        except ConnectorException as error:
            log.error("drains stopped, they begin anew", error=str(error))
        await asyncio.sleep(HEARTBEAT)


class JobManager(AnyJobManager):
    """Tells the end of a job once more where the database went away meanwhile: a job that never ends would keep its
    account from moving on until LONGEST_DRAIN. One that was taken over has no end to tell."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        for wait in (HEARTBEAT, 2 * HEARTBEAT, None):
            try:
                return await super().finish_job(job, status, delete_job)
            except ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.RaiseException):  # "Job was not found"
                    return None
                if wait is None:
                    raise
                await asyncio.sleep(wait)


def _engine(app: Flask, settings: Settings) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(
        conninfo=settings.libpq_url,
        min_size=1,
        max_size=ENGINE_CONNECTIONS,
        timeout=ENGINE_PATIENCE,
        reconnect_timeout=ENGINE_PATIENCE,
    )
    engine = procrastinate.App(connector=connector)
    engine.job_manager = JobManager(connector)

    @engine.task(name="drain", queue=wake.QUEUE, pass_context=True)
    def drain(context: procrastinate.JobContext, account_id: int) -> None:
        with app.app_context():
            try:
                work.work(account_id, Fence(context.job.id), should_stop=context.should_abort)
            except Fenced as lost:
                log.warning("drain taken over", account=account_id, why=str(lost))
            except NeedsPerson as need:
                log.warning("account waits for a person", account=account_id, why=str(need))

    return engine


async def _repeat(app: Flask, chore: Chore) -> None:
    while True:
        await asyncio.to_thread(_once, app, chore)
        await asyncio.sleep(chore.every)


def _once(app: Flask, chore: Chore) -> None:
    with app.app_context():
        try:
            chore.run()
        except Exception:  # a supervision loop: a chore that fails is done again, the others go on
            log.exception("chore failed", chore=repr(chore.run))
