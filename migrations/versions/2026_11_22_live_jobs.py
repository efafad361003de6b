"""An index of our own on the queue's table: the live jobs of a version, which housekeeping asks for again and again.

It holds few rows (finished jobs are not in it), touches none of the library's objects and goes with the table when
revision 0002 is taken back.

Revision: 0008
After: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX aixiv_live_jobs_of_version ON procrastinate_jobs ((args->>'version_id'))"
        " WHERE status IN ('todo', 'doing')"
    )


def downgrade() -> None:
    op.execute("DROP INDEX aixiv_live_jobs_of_version")
