"""Whatever amoCRM answers: rests that grow, refusals that are counted, numbers of any size.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("rests", sa.Integer(), server_default="0", nullable=False))
    for moment in ("unpaid_since", "disabling_since", "rights_lost_since"):
        op.add_column("accounts", sa.Column(moment, sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "installs", sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
    )
    op.add_column("intents", sa.Column("refusals", sa.Integer(), server_default="0", nullable=False))
    op.alter_column(
        "phonebook_leads", "price", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False
    )
    op.alter_column(
        "account_stages", "sort", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False
    )
    op.drop_index("ix_intents_not_done", table_name="intents")
    op.create_index(
        "ix_intents_todo", "intents", ["account_id", "call", "id"], postgresql_where=sa.text("state = 'todo'")
    )
    op.create_index("ix_intents_refused", "intents", ["due_at"], postgresql_where=sa.text("state = 'refused'"))
    op.add_column("phonebook_parties", sa.Column("is_customer", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "phonebook_choices",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_phonebook_choices_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "phone", name=op.f("pk_phonebook_choices")),
    )
    op.create_table(
        "left_out",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_left_out_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", "name", name=op.f("pk_left_out")),
    )
