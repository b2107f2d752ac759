"""What a PBX has of ours in its own database: the copy of the phonebook, and how far its journal is read.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pbx_copy",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=True),
        sa.Column("there", sa.Text(), nullable=True),
        sa.Column("plan", sa.BigInteger(), server_default="0", nullable=False),
        _of_account("pbx_copy"),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_pbx_copy")),
    )
    differs = sa.text("wanted is distinct from there")
    op.create_index("ix_pbx_copy_differs", "pbx_copy", ["account_id", "key"], postgresql_where=differs)
    op.create_table(
        "pbx_copies",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), server_default="", nullable=False),
        sa.Column("plan", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("place", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("followed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        _of_account("pbx_copies"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pbx_copies")),
    )
    op.create_table(
        "pbx_journals",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lost", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("broken", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        _of_account("pbx_journals"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pbx_journals")),
    )


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account_id_accounts")
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=name, ondelete="CASCADE")
