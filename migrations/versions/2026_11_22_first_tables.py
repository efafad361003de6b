"""The first tables; the event log that only grows.

Revision: 0001
"""

import pgvector.sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


EVENTS_ONLY_GROW = """
CREATE FUNCTION events_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the event log is append-only';
END $$;
CREATE TRIGGER events_only_grow BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_only_grow();
CREATE TRIGGER events_never_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_only_grow();
"""

CONTENT_IS_IMMUTABLE = """
CREATE FUNCTION submitted_content_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.paper_id, NEW.n, NEW.file_sha256, NEW.licence, NEW.submitted_at)
        IS DISTINCT FROM (OLD.paper_id, OLD.n, OLD.file_sha256, OLD.licence, OLD.submitted_at)
        OR (OLD.published_at IS NOT NULL AND (NEW.title, NEW.abstract, NEW.published_at)
        IS DISTINCT FROM (OLD.title, OLD.abstract, OLD.published_at)) THEN
        RAISE EXCEPTION 'the submitted content of a version is immutable';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER submitted_content_stays BEFORE UPDATE ON versions
    FOR EACH ROW EXECUTE FUNCTION submitted_content_stays();
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table(
        "artifacts",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_artifacts_sha256")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_artifacts_size")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_artifacts")),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paper_id", sa.UUID(), nullable=True),
        sa.Column("version_id", sa.UUID(), nullable=True),
        sa.Column("data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
    )
    op.create_index("ix_events_paper_seq", "events", ["paper_id", "seq"], unique=False)
    op.create_table(
        "idempotency_records",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency_records")),
    )
    op.create_table(
        "number_counters",
        sa.Column("yymm", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("yymm", name=op.f("pk_number_counters")),
    )
    op.create_table(
        "rate_counters",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "window_start", name=op.f("pk_rate_counters")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("affiliation", sa.Text(), nullable=False),
        sa.Column("orcid", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index("uq_users_email_lower", "users", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "agents",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model_family", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("homepage", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_agents_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_agents_owner_id_name")),
    )
    op.create_index(op.f("ix_agents_owner_id"), "agents", ["owner_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "signin_links",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_signin_links_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_signin_links")),
    )
    op.create_table(
        "papers",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=True),
        sa.Column("yymm", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('paper', 'proposal')", name=op.f("ck_papers_kind")),
        sa.CheckConstraint("(yymm IS NULL) = (number IS NULL)", name=op.f("ck_papers_number_whole")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_papers_agent_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_papers_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_papers")),
        sa.UniqueConstraint("yymm", "number", name=op.f("uq_papers_yymm_number")),
    )
    op.create_index(op.f("ix_papers_owner_id"), "papers", ["owner_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_tokens_expires_later")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_tokens_agent_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tokens_token_hash")),
    )
    op.create_index(op.f("ix_tokens_agent_id"), "tokens", ["agent_id"], unique=False)
    op.create_index(op.f("ix_tokens_user_id"), "tokens", ["user_id"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("paper_id", sa.UUID(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("keywords", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("response_letter", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("parsed_sha256", sa.Text(), nullable=True),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("screening_waived", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', abstract), 'B') || setweight(to_tsvector('english', body), 'D')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("embedding", pgvector.sqlalchemy.vector.VECTOR(dim=384), nullable=True),
        sa.CheckConstraint("status <> 'published' OR published_at IS NOT NULL", name=op.f("ck_versions_published_at")),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'under_review', 'held', 'revision_requested', 'accepted', 'rejected', 'published', 'superseded', 'retracted', 'withdrawn')",
            name=op.f("ck_versions_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('withdrawn', 'retracted') OR status_reason <> ''", name=op.f("ck_versions_tombstone_reason")
        ),
        sa.CheckConstraint("(n = 1) = (base_version IS NULL)", name=op.f("ck_versions_base")),
        sa.CheckConstraint("n >= 1", name=op.f("ck_versions_n")),
        sa.ForeignKeyConstraint(["file_sha256"], ["artifacts.sha256"], name=op.f("fk_versions_file_sha256")),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name=op.f("fk_versions_paper_id")),
        sa.ForeignKeyConstraint(["parsed_sha256"], ["artifacts.sha256"], name=op.f("fk_versions_parsed_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
        sa.UniqueConstraint("paper_id", "n", name=op.f("uq_versions_paper_id_n")),
    )
    op.create_index(op.f("ix_versions_paper_id"), "versions", ["paper_id"], unique=False)
    op.create_index("ix_versions_search", "versions", ["search"], unique=False, postgresql_using="gin")
    op.create_index("ix_versions_status_submitted", "versions", ["status", "submitted_at"], unique=False)
    op.create_index(
        "uq_versions_one_published",
        "versions",
        ["paper_id"],
        unique=True,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("author_id", sa.UUID(), nullable=False),
        sa.Column("author_agent_id", sa.UUID(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(body) <= 10000", name=op.f("ck_comments_length")),
        sa.ForeignKeyConstraint(["author_agent_id"], ["agents.id"], name=op.f("fk_comments_author_agent_id")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_comments_author_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["comments.id"], name=op.f("fk_comments_parent_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_comments_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_version_id"), "comments", ["version_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("related", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("usage", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("status IN ('running', 'completed', 'failed', 'stale')", name=op.f("ck_runs_status")),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_runs_percent")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_runs_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("version_id", "generation", name=op.f("uq_runs_version_id_generation")),
    )
    op.create_index(op.f("ix_runs_version_id"), "runs", ["version_id"], unique=False)
    op.create_index(
        "uq_runs_one_running", "runs", ["version_id"], unique=True, postgresql_where=sa.text("status = 'running'")
    )
    op.create_table(
        "version_authors",
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("affiliation", sa.Text(), nullable=False),
        sa.Column("orcid", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind = 'human' OR (model <> '' AND operator <> '')", name=op.f("ck_version_authors_ai_complete")
        ),
        sa.CheckConstraint("kind IN ('human', 'ai')", name=op.f("ck_version_authors_kind")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_version_authors_version_id")),
        sa.PrimaryKeyConstraint("version_id", "position", name=op.f("pk_version_authors")),
    )
    op.create_index("ix_version_authors_name", "version_authors", [sa.literal_column("lower(name)")], unique=False)
    op.create_table(
        "ballots",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("voter", sa.Text(), nullable=False),
        sa.Column("vote", sa.Text(), nullable=True),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("body", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("vote IS NULL OR vote IN ('accept', 'revise', 'reject')", name=op.f("ck_ballots_vote")),
        sa.CheckConstraint("NOT valid OR vote IS NOT NULL", name=op.f("ck_ballots_valid_has_vote")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_ballots_run_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_ballots_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballots")),
        sa.UniqueConstraint("run_id", "voter", name=op.f("uq_ballots_run_id_voter")),
    )
    op.create_index(op.f("ix_ballots_version_id"), "ballots", ["version_id"], unique=False)
    op.create_table(
        "comparisons",
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("base_version_id", sa.UUID(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["base_version_id"], ["versions.id"], name=op.f("fk_comparisons_base_version_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_comparisons_run_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_comparisons_version_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_comparisons")),
    )
    op.create_index(op.f("ix_comparisons_version_id"), "comparisons", ["version_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("editor_id", sa.UUID(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(run_id IS NULL) <> (editor_id IS NULL)", name=op.f("ck_decisions_origin")),
        sa.ForeignKeyConstraint(["editor_id"], ["users.id"], name=op.f("fk_decisions_editor_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_decisions_run_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_decisions_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("run_id", name=op.f("uq_decisions_run_id")),
    )
    op.create_index(op.f("ix_decisions_version_id"), "decisions", ["version_id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("author_id", sa.UUID(), nullable=True),
        sa.Column("author_agent_id", sa.UUID(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("judge", sa.Text(), nullable=False),
        sa.Column("overall", sa.Double(), nullable=False),
        sa.Column("body", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(run_id IS NULL) <> (author_id IS NULL)", name=op.f("ck_reports_origin")),
        sa.ForeignKeyConstraint(["author_agent_id"], ["agents.id"], name=op.f("fk_reports_author_agent_id")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_reports_author_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_reports_run_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_reports_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("run_id", "role", name=op.f("uq_reports_run_id_role")),
    )
    op.create_index(op.f("ix_reports_version_id"), "reports", ["version_id"], unique=False)
    op.create_table(
        "screenings",
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("checks", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_screenings_run_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_screenings_version_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_screenings")),
    )
    op.create_index(op.f("ix_screenings_version_id"), "screenings", ["version_id"], unique=False)

    op.get_bind().exec_driver_sql(EVENTS_ONLY_GROW)
    op.get_bind().exec_driver_sql(CONTENT_IS_IMMUTABLE)


def downgrade() -> None:
    op.drop_index(op.f("ix_screenings_version_id"), table_name="screenings")
    op.drop_table("screenings")
    op.drop_index(op.f("ix_reports_version_id"), table_name="reports")
    op.drop_table("reports")
    op.drop_index(op.f("ix_decisions_version_id"), table_name="decisions")
    op.drop_table("decisions")
    op.drop_index(op.f("ix_comparisons_version_id"), table_name="comparisons")
    op.drop_table("comparisons")
    op.drop_index(op.f("ix_ballots_version_id"), table_name="ballots")
    op.drop_table("ballots")
    op.drop_index("ix_version_authors_name", table_name="version_authors")
    op.drop_table("version_authors")
    op.drop_index("uq_runs_one_running", table_name="runs", postgresql_where=sa.text("status = 'running'"))
    op.drop_index(op.f("ix_runs_version_id"), table_name="runs")
    op.drop_table("runs")
    op.drop_index(op.f("ix_comments_version_id"), table_name="comments")
    op.drop_table("comments")
    op.drop_index("uq_versions_one_published", table_name="versions", postgresql_where=sa.text("status = 'published'"))
    op.drop_index("ix_versions_status_submitted", table_name="versions")
    op.drop_index("ix_versions_search", table_name="versions", postgresql_using="gin")
    op.drop_index(op.f("ix_versions_paper_id"), table_name="versions")
    op.drop_table("versions")
    op.drop_index(op.f("ix_tokens_user_id"), table_name="tokens")
    op.drop_index(op.f("ix_tokens_agent_id"), table_name="tokens")
    op.drop_table("tokens")
    op.drop_index(op.f("ix_papers_owner_id"), table_name="papers")
    op.drop_table("papers")
    op.drop_table("signin_links")
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_agents_owner_id"), table_name="agents")
    op.drop_table("agents")
    op.drop_index("uq_users_email_lower", table_name="users")
    op.drop_table("users")
    op.drop_table("rate_counters")
    op.drop_table("number_counters")
    op.drop_table("idempotency_records")
    op.drop_index("ix_events_paper_seq", table_name="events")
    op.drop_table("events")
    op.drop_table("artifacts")
    op.execute("DROP FUNCTION events_only_grow, submitted_content_stays")
