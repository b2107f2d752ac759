"""What kind of trouble a line to a PBX has, to be told in everybody's own language.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account_pbx", schema=None) as pbx:
        pbx.add_column(sa.Column("link_trouble", sa.Text(), server_default="", nullable=False))
        pbx.add_column(sa.Column("link_detail", sa.Text(), server_default="", nullable=False))
