"""What the widget reads of calls, and writes down of them.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Of calls that ended before these columns were there. Time in which two talked at once counts twice here.
_TALKS = """
with parts as (
    select account_id, call, place, talk ->> 'extension' as extension, talk -> 'start' as start,
           greatest(0, round((talk ->> 'end')::numeric - (talk ->> 'start')::numeric))::integer as seconds
    from facts, jsonb_array_elements(body -> 'talks') with ordinality as each_talk (talk, place)
    where kind = 'ended'
), told as (
    select account_id, call, sum(seconds)::integer as seconds,
           jsonb_agg(jsonb_build_object('extension', extension, 'at', start, 'seconds', seconds) order by place)
               as talks
    from parts group by account_id, call
)
update calls set extension = body ->> 'extension', talks = coalesce(told.talks, '[]'),
                 talk_seconds = coalesce(told.seconds, 0)
from facts left join told using (account_id, call)
where facts.kind = 'ended' and calls.account_id = facts.account_id and calls.call = facts.call
"""
_RANG = """
update calls set rang = told.rang
from (
    select account_id, call, array_agg(extension order by first) as rang
    from (select account_id, call, body ->> 'extension' as extension, min(id) as first
          from facts where kind = 'rang' group by 1, 2, 3) as each_once
    group by account_id, call
) as told
where calls.account_id = told.account_id and calls.call = told.call
"""
_OPEN_MISSED = "result = 'missed' and missed_closed_at is null and client is not null"


def upgrade() -> None:
    empty_list, no, zero = sa.text("'[]'::jsonb"), sa.text("false"), sa.text("0")
    json = postgresql.JSONB(astext_type=sa.Text())
    with op.batch_alter_table("calls", schema=None) as calls:
        calls.add_column(sa.Column("extension", sa.Text(), nullable=True))
        calls.add_column(sa.Column("talks", json, server_default=empty_list, nullable=False))
        calls.add_column(sa.Column("talk_seconds", sa.Integer(), server_default=zero, nullable=False))
        calls.add_column(sa.Column("rang", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))
        calls.add_column(sa.Column("made_contact", sa.Boolean(), server_default=no, nullable=False))
        calls.create_index("ix_calls_account_started", ["account_id", "started"])
        calls.create_index("ix_calls_missed", ["account_id", "started"], postgresql_where=sa.text(_OPEN_MISSED))
    op.execute(_TALKS)
    op.execute(_RANG)

    with op.batch_alter_table("accounts", schema=None) as accounts:
        accounts.add_column(sa.Column("zone", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("phonebook_parties", schema=None) as parties:
        parties.add_column(sa.Column("folded", sa.Text(), server_default="", nullable=False))
    op.execute("update phonebook_parties set folded = replace(lower(name), 'ё', 'е')")

    op.create_table(
        "outcomes",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("body", json, nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_outcomes_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "call", "user_id", "request", name=op.f("pk_outcomes")),
    )
    with op.batch_alter_table("outcomes", schema=None) as outcomes:
        outcomes.create_index("ix_outcomes_saved_at", ["saved_at"])
