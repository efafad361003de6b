"""Tables of what the platform did with a version: runs, screening, checks, reports, ballots, decisions, comments.

The typed results of a round (`review.report`) are stored as JSON beside the columns that queries filter on.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from aixiv.db.base import Base, utcnow
from aixiv.domain.ids import new_id


class Run(Base):
    """One review run of a version. At most one is running; its id is the checkpoint thread of the graph."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("version_id", "generation"),
        CheckConstraint("status IN ('running', 'completed', 'failed', 'stale')", name="status"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        Index("uq_runs_one_running", "version_id", unique=True, postgresql_where=text("status = 'running'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    generation: Mapped[int]
    status: Mapped[str]
    step: Mapped[str] = mapped_column(default="")
    message: Mapped[str] = mapped_column(default="")
    percent: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
    outcome: Mapped[dict[str, Any] | None]  # review.report.Recommendation
    related: Mapped[list[Any] | None]
    grounding: Mapped[dict[str, Any] | None]  # review.report.Grounding
    usage: Mapped[dict[str, Any] | None]
    panel: Mapped[dict[str, Any] | None]  # review.report.Panel
    adjudication: Mapped[dict[str, Any] | None]  # review.report.Adjudication


class ScreeningRow(Base):
    """Screening of a version by one run."""

    __tablename__ = "screenings"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    verdict: Mapped[str]
    body: Mapped[dict[str, Any]]  # review.report.Screening
    checks: Mapped[list[Any]]  # list of review.report.CheckResult


class ReportRow(Base):
    """One reviewer's report. Exactly one of `run_id` (the platform's panel) and `author_id` (a person or agent)."""

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("run_id", "role"),
        CheckConstraint("(run_id IS NULL) <> (author_id IS NULL)", name="origin"),
        Index(
            "ix_reports_judge_model_prompt_hash_rubric_hash_created_at",
            "judge",
            "model",
            "prompt_hash",
            "rubric_hash",
            "created_at",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id"))
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    author_agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    role: Mapped[str]
    judge: Mapped[str]
    model: Mapped[str] = mapped_column(default="")
    prompt_hash: Mapped[str] = mapped_column(default="")
    rubric_hash: Mapped[str] = mapped_column(default="")
    overall: Mapped[float]
    body: Mapped[dict[str, Any]]  # review.report.Report
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class BallotRow(Base):
    """One voter's ballot of a run."""

    __tablename__ = "ballots"
    __table_args__ = (
        UniqueConstraint("run_id", "voter"),
        CheckConstraint("vote IS NULL OR vote IN ('accept', 'revise', 'reject')", name="vote"),
        CheckConstraint("NOT valid OR vote IS NOT NULL", name="valid_has_vote"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    voter: Mapped[str]
    vote: Mapped[str | None]
    valid: Mapped[bool]
    body: Mapped[dict[str, Any]]  # review.report.Ballot


class ComparisonRow(Base):
    """Pairwise comparison of a version with its predecessor by one run."""

    __tablename__ = "comparisons"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    base_version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"))
    verdict: Mapped[str]
    body: Mapped[dict[str, Any]]  # review.report.Comparison


class Decision(Base):
    """What became of a version and why: by the policy after a run, or by an editor."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("run_id"),
        CheckConstraint("(run_id IS NULL) <> (editor_id IS NULL)", name="origin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id"))
    editor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str]  # accept, revise, reject, hold; an editor's may also be release
    reasons: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Comment(Base):
    """One contribution to the discussion of a version. Removed comments keep their place without their text."""

    __tablename__ = "comments"
    __table_args__ = (CheckConstraint("length(body) <= 10000", name="length"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("comments.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    author_agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    removed_at: Mapped[datetime | None]


class DeclaredConflict(Base):
    """Somebody whose works this person does not review, and who does not review theirs; by name, as authors are."""

    __tablename__ = "declared_conflicts"
    __table_args__ = (Index("ix_declared_conflicts_name", text("lower(name)")),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    declared_at: Mapped[datetime] = mapped_column(default=utcnow)
