"""Recordings of calls, the files they are made of, and the objects to be deleted.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_LET_GO = """
create function recording_object_let_go() returns trigger language plpgsql as $$
begin
    if old.key is not null and (tg_op = 'DELETE' or new.key is distinct from old.key) then
        insert into recording_leavings (key) values (old.key) on conflict do nothing;
    end if;
    return null;
end $$
"""
_OF_OLD_CALLS = """
insert into recordings (account_id, call, names, due_at)
select account_id, call, array[recording], now() from calls where recording is not null
"""


def upgrade() -> None:
    _recordings()
    _objects()
    op.execute(_OF_OLD_CALLS)
    _access()


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("names", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        _of_account("recordings"),
        sa.PrimaryKeyConstraint("account_id", "call", name=op.f("pk_recordings")),
    )
    is_due = sa.text("state in ('waiting', 'fetching')")
    op.create_index("ix_recordings_due", "recordings", ["due_at"], postgresql_where=is_due)
    plays = sa.text("key is not null")
    op.create_index("ix_recordings_ready", "recordings", ["account_id", "ready_at"], postgresql_where=plays)
    is_open = sa.text("state in ('waiting', 'fetching', 'failed')")
    op.create_index("ix_recordings_open", "recordings", ["account_id"], postgresql_where=is_open)


def _objects() -> None:
    op.create_table(
        "recording_parts",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        _of_account("recording_parts"),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_recording_parts")),
    )
    op.create_index(op.f("ix_recording_parts_at"), "recording_parts", ["at"])
    op.create_table(
        "recording_leavings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_recording_leavings")),
    )
    op.create_index(op.f("ix_recording_leavings_due_at"), "recording_leavings", ["due_at"])
    op.execute(_LET_GO)
    for table in ("recordings", "recording_parts"):
        op.execute(
            f"create trigger let_go after update of key or delete on {table}"
            " for each row execute function recording_object_let_go()"
        )


def _access() -> None:
    op.create_table(
        "recording_access",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("upload_key", sa.Text(), nullable=True),
        _of_account("recording_access"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_recording_access")),
    )


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account_id_accounts")
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=name, ondelete="CASCADE")
