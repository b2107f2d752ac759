"""What a line begins with: where its PBX is, whose each telephone is, and the calls that were going on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.calls.facts import Fact, from_json
from backend.calls.tracking.endpoints import Lines
from backend.pbx.address import PbxAddress
from backend.store import db
from backend.store.accounts import AccountPbx
from backend.store.journal import journal
from backend.store.settings import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephones:
    lines: Lines
    users: Mapping[str, int]
    """Whose each extension is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    address: PbxAddress
    telephones: Telephones
    journalled: Sequence[Fact]


def read_setup(account_id: int) -> Setup:
    address = stored_address(account_id)
    assert address is not None  # a lease is a row of the PBX itself
    rows = [row for call in journal.open_calls(account_id) for row in journal.facts_of(account_id, call.call)]
    journalled = [from_json(row.body) for row in rows]
    return Setup(address=address, telephones=read_telephones(account_id), journalled=journalled)


def read_telephones(account_id: int) -> Telephones:
    chosen = settings.read(account_id)
    users = {extension: each.user_id for each in chosen.employees for extension in each.extensions}
    return Telephones(lines=chosen.to_lines(), users=users)


def stored_address(account_id: int) -> PbxAddress | None:
    """The account's PBX; None when it has none. Raises BadCommand for one that cannot be used."""
    pbx = db.session.get(AccountPbx, account_id)
    if pbx is None:
        return None
    return PbxAddress(
        host=pbx.host,
        port=pbx.port,
        username=pbx.username,
        secret=pbx.secret,
        tls=pbx.tls,
        certificate=pbx.certificate,
    )
