"""`python -m backend …`: every way the backend is run or asked."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from backend import logs
from backend.config import Settings, StartError, load_settings, new_secret_key

# name → (module, function, what it does); imported only when asked, so that `replay` needs no database driver
COMMANDS = {
    "all": ("backend.processes.all", "run_all", "web, pbx and worker together, with an embedded PostgreSQL if need be"),
    "web": ("backend.processes.web", "run_web", "serve HTTP"),
    "pbx": ("backend.processes.pbx", "run_pbx", "hold the lines to the PBXs"),
    "worker": ("backend.processes.worker", "run_worker", "carry out what calls do to the CRM"),
    "migrate": (__name__, "migrate", "bring the database's tables to the newest version"),
    "secret-key": (__name__, "secret_key", "print a fresh key for SECRET_KEYS"),
    "account": ("backend.cli.account", "main", "list, show and change accounts"),
    "dialplan": ("backend.cli.dialplan", "main", "what to paste on an account's PBX"),
    "doctor": ("backend.cli.doctor", "main", "look at an account's PBX: what is right, and what to do"),
    "why": ("backend.cli.why", "main", "why a call did what it did; what a call would do"),
    "reconcile": ("backend.cli.reconcile", "main", "hold a period's calls against amoCRM and mend what lacks"),
    "replay": ("backend.cli.replay", "main", "calls out of a recorded AMI stream"),
    "record": ("backend.cli.record", "main", "record the AMI stream of a live PBX"),
}


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 done, 2 asked wrongly or something a person must put right first, 141 nobody read the end."""
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        if _is_read():
            raise  # it was another pipe
        return 141  # what a shell says of a program that SIGPIPE ended
    return status


def _is_read() -> bool:
    """Whether anybody takes what we print; `… | head` does not for long, and then the rest goes nowhere."""
    ours = select.poll()
    ours.register(1, 0)  # standard output; that its reader has gone is told unasked
    if not ours.poll(0):
        return True
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return False


def _run(arguments: Sequence[str]) -> int:
    name, *rest = arguments or ["--help"]
    if name not in COMMANDS:
        print(_usage(), file=sys.stdout if name in ("-h", "--help") else sys.stderr)
        return 0 if name in ("-h", "--help") else 2
    module, function, told = COMMANDS[name]
    if rest and function != "main":
        print(f"usage: python -m backend {name}\n\n{told}; it takes no arguments, its settings are in the environment")
        return 0 if rest[0] in ("-h", "--help") else 2
    os.environ["PGAPPNAME"] = f"phone-station {name}"  # pg_stat_activity tells who holds a connection
    run: Callable[..., int | None] = getattr(import_module(module), function)
    try:
        return run(*_given(function, rest)) or 0
    except StartError as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        return 2


def _given(function: str, rest: Sequence[str]) -> tuple[object, ...]:
    """A command gets its arguments, a process its settings and the logs set up."""
    if function == "main":
        return (rest,)
    if function in ("run_all", "secret_key"):
        return ()
    os.umask(0o077)  # recordings, logs and databases are for this user of the machine alone
    settings = load_settings()
    logs.configure(settings.log_format)
    return (settings,)


def migrate(settings: Settings) -> None:
    from sqlalchemy.exc import OperationalError

    from backend import create_app, must_know_keys
    from backend.store.migrate import upgrade

    try:
        upgrade(create_app(settings))
        must_know_keys(settings)
    except OperationalError as trouble:
        raise StartError(f"the database does not let us in: {trouble.orig}") from None


def secret_key() -> None:
    print(new_secret_key())


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {told}" for name, (_, _, told) in COMMANDS.items()]
    return "\n".join(["usage: python -m backend COMMAND …", "", *lines])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
