"""Installs on their way have a sender and growing waits, so that strangers' do not keep out real ones.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installs", sa.Column("sender", sa.Text(), server_default="", nullable=False))
    op.add_column("installs", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
