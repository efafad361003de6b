"""What a round knows of its judges: the panel, the adjudication, and by which judge and prompt a report was made.

Also the conflicts of interest that people declare.

Revision: 0006
After: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MADE_BY = ("model", "prompt_hash", "rubric_hash")


def upgrade() -> None:
    op.add_column("runs", sa.Column("panel", postgresql.JSONB(), nullable=True))
    op.add_column("runs", sa.Column("adjudication", postgresql.JSONB(), nullable=True))
    for name in MADE_BY:
        op.add_column("reports", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE reports SET model = coalesce(body->>'model', ''), prompt_hash = coalesce(body->>'prompt_hash', ''),"
        " rubric_hash = coalesce(body->>'rubric_hash', '')"
    )
    for name in MADE_BY:
        op.alter_column("reports", name, server_default=None)
    op.create_index(
        "ix_reports_judge_model_prompt_hash_rubric_hash_created_at", "reports", ["judge", *MADE_BY, "created_at"]
    )
    op.create_table(
        "declared_conflicts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_declared_conflicts_user_id")),
        sa.PrimaryKeyConstraint("user_id", "name", name=op.f("pk_declared_conflicts")),
    )
    op.create_index("ix_declared_conflicts_name", "declared_conflicts", [sa.text("lower(name)")])


def downgrade() -> None:
    op.drop_table("declared_conflicts")
    op.drop_index("ix_reports_judge_model_prompt_hash_rubric_hash_created_at", "reports")
    for name in MADE_BY:
        op.drop_column("reports", name)
    op.drop_column("runs", "adjudication")
    op.drop_column("runs", "panel")
