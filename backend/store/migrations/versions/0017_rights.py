"""Of amoCRM's users: what they may see there, and of which group they are.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account_users", sa.Column("group_id", sa.BigInteger(), nullable=True))
    op.add_column("account_users", sa.Column("views", postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column(
        "account_users",
        sa.Column(
            "read_at", sa.DateTime(timezone=True), server_default=sa.text("'1970-01-01 00:00:00+00'"), nullable=False
        ),
    )
    op.alter_column("account_users", "read_at", server_default=sa.text("now()"))
