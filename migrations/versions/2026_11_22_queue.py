"""The job queue's own tables, from procrastinate 3.10.0, pinned here so that an upgrade of the library is a revision.

Revision: 0002
After: 0001
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).parent / "procrastinate_3_10_0.sql"


def upgrade() -> None:
    statements = SCHEMA.read_text(encoding="utf-8").replace("%", "%%")  # the driver reads % as a placeholder
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
            procrastinate_workers CASCADE;
        DROP TYPE procrastinate_job_event_type, procrastinate_job_status, procrastinate_job_to_defer_v1 CASCADE;
        DO $$ DECLARE found record; BEGIN
            FOR found IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate%%' LOOP
                EXECUTE 'DROP FUNCTION IF EXISTS ' || found.name || ' CASCADE';
            END LOOP;
        END $$;
        """
    )
