"""What people allow clients: grants with their codes, refresh tokens, and tokens for one audience.

Revision: 0007
After: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oauth_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code_expires_at > created_at", name=op.f("ck_oauth_grants_code_expires_later")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_oauth_grants_user_id")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_oauth_grants_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grants")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oauth_grants_code_hash")),
    )
    op.create_index(op.f("ix_oauth_grants_user_id"), "oauth_grants", ["user_id"])
    op.create_index(op.f("ix_oauth_grants_agent_id"), "oauth_grants", ["agent_id"])
    op.create_table(
        "oauth_refreshes",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["oauth_grants.id"], name=op.f("fk_oauth_refreshes_grant_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_oauth_refreshes")),
    )
    op.create_index(op.f("ix_oauth_refreshes_grant_id"), "oauth_refreshes", ["grant_id"])
    op.add_column("tokens", sa.Column("grant_id", sa.Uuid(), nullable=True))
    op.add_column("tokens", sa.Column("audience", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_tokens_grant_id"), "tokens", "oauth_grants", ["grant_id"], ["id"])
    op.create_index(op.f("ix_tokens_grant_id"), "tokens", ["grant_id"])
    op.create_check_constraint(op.f("ck_tokens_audience_of_grant"), "tokens", "(grant_id IS NULL) = (audience IS NULL)")


def downgrade() -> None:
    op.execute(
        "DELETE FROM tokens WHERE grant_id IS NOT NULL"
    )  # without its audience such a token would fit every door
    op.drop_constraint(op.f("ck_tokens_audience_of_grant"), "tokens")
    op.drop_index(op.f("ix_tokens_grant_id"), "tokens")
    op.drop_constraint(op.f("fk_tokens_grant_id"), "tokens")
    op.drop_column("tokens", "audience")
    op.drop_column("tokens", "grant_id")
    op.drop_table("oauth_refreshes")
    op.drop_table("oauth_grants")
