"""Calls held against the CRM: what was found of each, and the counts of each day.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COUNTS = ("seen", "in_crm", "mended", "by_rule", "gone", "waiting", "failed")


def upgrade() -> None:
    op.add_column("accounts", sa.Column("audited_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "call_audits",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        _of_account("call_audits"),
        sa.PrimaryKeyConstraint("account_id", "call", name=op.f("pk_call_audits")),
    )
    op.create_table(
        "audit_days",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        _of_account("audit_days"),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_audit_days")),
    )


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account_id_accounts")
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=name, ondelete="CASCADE")
