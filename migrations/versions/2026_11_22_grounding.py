"""What a review knows of other works: retracted ones, wording sketches, answers of outside indexes, the grounding of a run.

Revision: 0004
After: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("grounding", postgresql.JSONB(), nullable=True))
    op.create_table(
        "retracted_works",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("families", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("doi", sa.Text(), nullable=True),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("retracted_on", sa.Text(), nullable=False),
        sa.Column("notice_doi", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retracted_works")),
        sa.UniqueConstraint("source_id", name=op.f("uq_retracted_works_source_id")),
    )
    op.create_index("ix_retracted_works_doi", "retracted_works", ["doi"])
    op.create_index("ix_retracted_works_title_key", "retracted_works", ["title_key"])
    op.create_table(
        "version_sketches",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("hashes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_version_sketches_version_id_versions")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_version_sketches")),
    )
    op.create_index("ix_version_sketches_hashes", "version_sketches", ["hashes"], postgresql_using="gin")
    op.create_table(
        "source_answers",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("works", postgresql.JSONB(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "question", name=op.f("pk_source_answers")),
    )


def downgrade() -> None:
    op.drop_table("source_answers")
    op.drop_table("version_sketches")
    op.drop_table("retracted_works")
    op.drop_column("runs", "grounding")
