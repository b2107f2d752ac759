"""The phonebook follows the CRM: what changed when, what amoCRM told, how far a sync is, and the account's webhook.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_CLOCK = sa.text("clock_timestamp()")
_THIS_TRANSACTION = sa.text("cast(cast(pg_current_xact_id() as text) as bigint)")
_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    for table in ("phonebook_parties", "phonebook_leads"):
        op.add_column(table, sa.Column("updated_at", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_phonebook_parties_updated_at", "phonebook_parties", ["account_id", "updated_at"])

    op.create_table(
        "phonebook_changes",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), server_default=_THIS_TRANSACTION, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        _of_account("phonebook_changes"),
        sa.PrimaryKeyConstraint("account_id", "phone", name=op.f("pk_phonebook_changes")),
    )
    op.create_index("ix_phonebook_changes_changed_in", "phonebook_changes", ["account_id", "changed_in", "phone"])
    op.create_index("ix_phonebook_changes_at", "phonebook_changes", ["at"])

    op.create_table(
        "phonebook_news",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_CLOCK, nullable=False),
        _of_account("phonebook_news"),
        sa.PrimaryKeyConstraint("account_id", "entity", "id", name=op.f("pk_phonebook_news")),
    )

    op.create_table(
        "phonebook_syncs",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("whole_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("done", _JSON, server_default="{}", nullable=False),
        sa.Column("expected", _JSON, server_default="{}", nullable=False),
        sa.Column("rate", sa.Double(), nullable=True),
        _of_account("phonebook_syncs"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_phonebook_syncs")),
    )

    op.create_table(
        "account_hooks",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="none", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marks", _JSON, server_default="{}", nullable=False),
        _of_account("account_hooks"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_hooks")),
        sa.UniqueConstraint("digest", name=op.f("uq_account_hooks_digest")),
    )


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account_id_accounts")
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=name, ondelete="CASCADE")
