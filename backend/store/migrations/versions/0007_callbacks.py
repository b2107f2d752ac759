"""Requests from sites to be called back.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WAITING = sa.text("state = 'waiting'")
_OPEN = sa.text("state in ('waiting', 'ringing', 'answered', 'talking')")


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _times(*names: str, nullable: bool = False) -> list[sa.Column[datetime]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        *_texts("id", "key", "site", "phone", "number", "name", "comment", "department"),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *_texts("address", nullable=True),
        sa.Column("lead", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        *_texts("result", nullable=True),
        *_counts("attempts", "turn", "client_tries"),
        *_texts("call", "target", "extension", "reason", "placed_call", nullable=True),
        *_times("rung_at", nullable=True),
        *_times("next_at", "until"),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        *_times("ended_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_callbacks_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_callbacks")),
    )
    op.create_index("ix_callbacks_due", "callbacks", ["next_at"], postgresql_where=_WAITING)
    op.create_index("ix_callbacks_open", "callbacks", ["account_id", "phone"], postgresql_where=_OPEN)
    op.create_index("ix_callbacks_account_created", "callbacks", ["account_id", "created_at"])
    op.create_index("ix_callbacks_account_phone", "callbacks", ["account_id", "phone", "created_at"])
