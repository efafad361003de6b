"""The bibliographic index that references are compared with.

Revision: 0003
After: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = ("title_key", "head_key", "tail_key", "doi", "arxiv")


def upgrade() -> None:
    op.create_table(
        "known_works",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("head_key", sa.Text(), nullable=True),
        sa.Column("tail_key", sa.Text(), nullable=True),
        sa.Column("families", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("years", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("venues", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("doi", sa.Text(), nullable=True),
        sa.Column("arxiv", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_works")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_known_works_source_source_id")),
    )
    for key in KEYS:
        op.create_index(f"ix_known_works_{key}", "known_works", [key])


def downgrade() -> None:
    op.drop_table("known_works")
