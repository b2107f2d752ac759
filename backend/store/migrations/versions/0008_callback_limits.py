"""Sites that may ask for callbacks, and what their limits count.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "callback_sites",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _of_account("callback_sites"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_callback_sites")),
    )
    op.create_index(op.f("ix_callback_sites_account_id"), "callback_sites", ["account_id"])

    op.create_table(
        "callback_seen",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        _of_account("callback_seen"),
        sa.PrimaryKeyConstraint("account_id", "token", name=op.f("pk_callback_seen")),
    )
    op.create_index("ix_callback_seen_at", "callback_seen", ["at"])

    op.create_table(
        "callback_refusals",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        _of_account("callback_refusals"),
        sa.PrimaryKeyConstraint("account_id", "kind", "hour", name=op.f("pk_callback_refusals")),
    )
    op.create_index("ix_callback_refusals_hour", "callback_refusals", ["hour"])


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account_id_accounts")
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=name, ondelete="CASCADE")
