"""`python -m backend account …`: accounts by hand, for pilots and for support. Secrets are read, never printed."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from flask import current_app
from sqlalchemy import delete, select

from backend import create_app, logs
from backend.amocrm import oauth
from backend.amocrm.errors import AmoError
from backend.cli import phonebook, privacy
from backend.cli.common import account_id
from backend.config import load_settings
from backend.crm_access import client_for, disable, integration, sync_mirrors
from backend.desk.arrive import decide_again
from backend.desk.health.diagnostics import diagnostics
from backend.desk.health.health import health
from backend.desk.phonebook.webhook import unsubscribe
from backend.desk.settings import change
from backend.installs import connect
from backend.store import accounts, db
from backend.store.accounts import Account, AccountState
from backend.store.base import crypto
from backend.store.journal import refusals, wake
from backend.store.settings import settings

PLAIN = ("username", "host", "contact_name", "lead_name", "country", "language")
PATTERNS = ("trunks", "extensions")
PHONES = ("no_lead_numbers",)
IDS = ("missed_to", "open_lead_missed_to", "no_lead_companies")


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 done, 1 refused with the reason on stderr."""
    asked = _parser().parse_args(arguments)
    configured = load_settings()
    logs.configure(configured.log_format)
    with create_app(configured).app_context():
        try:
            asked.run(asked)
        except (AmoError, LookupError, ValueError) as error:
            print(f"account {asked.command}: {error.args[0] if error.args else error}", file=sys.stderr)
            return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backend account", description="Connect and set up amoCRM accounts."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _command(commands, "list", list_accounts, "every account and its state")
    _command(commands, "show", show, "one account: state, settings, PBX; no secrets", _account_id)
    _command(commands, "add", add, "connect an account by a code or by a long-lived token", _host_and_key)
    _command(commands, "set", set_values, "change settings: KEY=VALUE …", _account_id, _pairs)
    _command(
        commands, "employees", employees, "users with their extensions; USER_ID=101,102 maps", _account_id, _mapping
    )
    _command(commands, "retry", retry, "carry out again what amoCRM refused or a bug of ours held up", _account_id)
    _command(commands, "diagnostics", tell_diagnostics, "everything a helper needs, without secrets", _account_id)
    _command(commands, "sync", sync, "read the account's users and stages from amoCRM", _account_id)
    _command(commands, "phonebook", phonebook.show, "how far the mirror of its clients is; --follow: on and on",
             _account_id, phonebook.options)  # fmt: skip
    _command(commands, "connect-url", connect_url, "the address that asks an administrator for consent", _kommo)
    _command(commands, "trail", privacy.show_trail, "who changed, opened, exported", _account_id)
    _command(commands, "person", privacy.tell_person, "all that is kept of one number; --erase forgets it",
             _account_id, privacy.person_options)  # fmt: skip
    _command(commands, "disable", disable_account, "stop working for an account; its settings are kept", _account_id)
    _command(commands, "delete", delete_account, "forget a disabled account with all it has here, recordings too",
             _account_id)  # fmt: skip
    _command(commands, "rotate-keys", rotate_keys, "re-encrypt every secret with the first of SECRET_KEYS")
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], told: str, *adding: Callable[[Any], None]
) -> None:
    parser = commands.add_parser(name, help=told, description=told)
    parser.set_defaults(run=run)
    for add in adding:
        add(parser)


def _account_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("account", type=account_id, help="amoCRM's id of the account")


def _host_and_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("host", help="the account's address, such as acme.amocrm.ru")
    parser.add_argument("--code", help="from the integration's dialog; works once and for 20 minutes")
    parser.add_argument("--token", action="store_true", help="read a long-lived token from the terminal or stdin")


def _pairs(parser: argparse.ArgumentParser) -> None:
    keys = ", ".join(
        (*settings.AccountSettings.model_fields, *(f"pbx.{key}" for key in settings.PbxSetting.model_fields))
    )
    parser.add_argument(
        "pairs", nargs="+", metavar="KEY=VALUE", help=f"empty VALUE: the default again. KEY is one of {keys}"
    )


def _mapping(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pairs", nargs="*", metavar="USER_ID=EXTENSION,…", help="empty: the user has none")


def _kommo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kommo", action="store_true", help="for an account of kommo.com")


def list_accounts(asked: argparse.Namespace) -> None:
    for each in db.session.scalars(select(Account).order_by(Account.id)):
        print(f"{each.id}\t{each.host}\t{each.state}\t{each.name}")


def show(asked: argparse.Namespace) -> None:
    account = _account(asked.account)
    names = ("id", "host", "name", "state", "state_reason", "state_since")
    told: dict[str, Any] = {name: str(getattr(account, name)) for name in names}
    told["settings"] = settings.read(account.id).model_dump(mode="json")
    told["pbx"] = settings.pbx_as_shown(account.id)
    told["health"] = health(account.id)
    print(json.dumps(told, ensure_ascii=False, indent=2))


def tell_diagnostics(asked: argparse.Namespace) -> None:
    print(json.dumps(diagnostics(_account(asked.account).id), ensure_ascii=False, indent=2))


def retry(asked: argparse.Namespace) -> None:
    account = _account(asked.account)
    decided, again = decide_again(account.id), refusals.try_again(account.id)
    wake.wake(account.id)
    db.session.commit()
    print(f"{decided} facts decided again, {again} refused intents to be carried out again")


def add(asked: argparse.Namespace) -> None:
    ours = integration()
    if not ours.hosts.allows(asked.host):
        raise ValueError(f"{asked.host} is not an account's address, such as acme.amocrm.ru")
    if bool(asked.code) == asked.token:
        raise ValueError("give either --code or --token")
    granted = oauth.long_lived(_secret("token"), time.time()) if asked.token else ours.redeem(asked.host, asked.code)
    print(connect(asked.host, granted))


def set_values(asked: argparse.Namespace) -> None:
    account = _account(asked.account)
    body: dict[str, Any] = {"settings": dict(account.settings)}
    for key, text in map(_pair, asked.pairs):
        part, _, name = key.rpartition(".")
        if part == "pbx":
            body.setdefault("pbx", _pbx(account.id))[name] = _value(name, text)
        elif text == "":
            body["settings"].pop(key, None)
        else:
            body["settings"][key] = _value(key, text)
    _change(account.id, body)


def sync(asked: argparse.Namespace) -> None:
    client = client_for(_account(asked.account).id)
    try:
        sync_mirrors(asked.account, client)
    finally:
        client.close()


def employees(asked: argparse.Namespace) -> None:
    account = _account(asked.account)
    if asked.pairs:
        _map(account, dict(map(_pair, asked.pairs)))
    mapped = {each.user_id: each.extensions for each in settings.read(account.id).employees}
    for user in accounts.users(account.id):
        extensions = ",".join(mapped.get(user.user_id, ()))
        print(user.user_id, user.name, extensions or "-", "" if user.is_active else "inactive", sep="\t")


def connect_url(asked: argparse.Namespace) -> None:
    print(current_app.config["PUBLIC_URL"] + "/oauth/start" + ("?kommo" if asked.kommo else ""))


def disable_account(asked: argparse.Namespace) -> None:
    client = client_for(_account(asked.account).id)
    try:
        unsubscribe(asked.account, client)
    finally:
        client.close()
    disable(asked.account, "disabled by the operator")


def delete_account(asked: argparse.Namespace) -> None:
    account = _account(asked.account)
    if account.state is not AccountState.DISABLED:
        raise ValueError(f"account {account.id} is {account.state}: disable it first")
    db.session.execute(delete(Account).where(Account.id == account.id))  # the tables' own rules take all the rest
    db.session.commit()
    print(f"account {asked.account} is deleted; files of its recordings go within minutes, while a worker runs")


def rotate_keys(asked: argparse.Namespace) -> None:
    print(f"{crypto.rotate_keys()} secrets re-encrypted; the old keys may go from SECRET_KEYS now")


def _account(account_id: int) -> Account:
    account = accounts.find(account_id)
    if account is None:
        raise LookupError(f"there is no account {account_id}: see `account list`")
    return account


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not KEY=VALUE")
    return key.strip(), value.strip()


def _value(name: str, text: str) -> Any:
    """Lists may be written `a,b`; the PBX's secret as `-`, and is then asked for; the rest is JSON or plain text."""
    if name == "secret":
        return _secret("PBX secret") if text == "-" else text
    told = text if name in PLAIN else _json(text)
    if told is None or isinstance(told, list) or name not in (*PATTERNS, *PHONES, *IDS):
        return told
    parts = [text] if name in PATTERNS else [part.strip() for part in text.split(",")]
    return list(map(_json, parts)) if name in IDS else parts


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _pbx(account_id: int) -> dict[str, Any]:
    shown = settings.pbx_as_shown(account_id) or {}
    return {name: shown[name] for name in settings.PbxSetting.model_fields if name in shown}


def _map(account: Account, wanted: dict[str, str]) -> None:
    known = {each["user_id"]: each for each in account.settings.get("employees", [])}
    for user_id, extensions in wanted.items():
        if not user_id.isdecimal():
            raise ValueError(f"{user_id!r} is not a user's id")
        listed = [part.strip() for part in extensions.split(",") if part.strip()]
        known[int(user_id)] = {**known.get(int(user_id), {}), "user_id": int(user_id), "extensions": listed}
    _change(account.id, {"settings": {**account.settings, "employees": list(known.values())}})


def _change(account_id: int, body: dict[str, Any]) -> None:
    errors = change(account_id, body)
    if errors:
        raise ValueError(
            "nothing was changed:\n" + "\n".join(f"  {each.field}: {each.message('en')}" for each in errors)
        )


def _secret(what: str) -> str:
    db.session.rollback()  # no transaction waits for a person
    typed = getpass.getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not typed.strip():
        raise ValueError(f"no {what} was given")
    return typed.strip()
