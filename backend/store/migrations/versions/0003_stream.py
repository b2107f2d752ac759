"""Popups: where a reader of the stream is, and who watches.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    this_transaction = sa.text("cast(cast(pg_current_xact_id() as text) as bigint)")
    op.add_column("popups", sa.Column("changed_in", sa.BigInteger(), server_default=this_transaction, nullable=False))
    op.drop_index("ix_popups_reader", table_name="popups")
    op.create_index("ix_popups_changed", "popups", ["account_id", "user_id", "changed_in"])
    op.create_index("ix_popups_recent", "popups", ["account_id", "user_id", "updated_at"])
    op.create_index("ix_popups_updated_at", "popups", ["updated_at"])
    op.create_table(
        "stream_watchers",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_stream_watchers_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_stream_watchers")),
    )
    op.create_index("ix_stream_watchers_account_id", "stream_watchers", ["account_id"])
