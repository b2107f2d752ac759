"""Installs on their way have a sender and growing waits, so that strangers' do not keep out real ones.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installs", sa.Column("sender", sa.Text(), server_default="", nullable=False))
    op.add_column("installs", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "installs", sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
