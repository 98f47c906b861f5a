"""Tasks with payload, priority, key and attempts, so that none is lost.

Revision: hotpath_0002
Tasks that had not ended have no payload, and cannot be run: they are lost.
"""

import sqlalchemy as sa
from alembic import op

revision = "hotpath_0002"
down_revision = "hotpath_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    with op.batch_alter_table("tasks") as tasks:
        tasks.add_column(sa.Column("payload", sa.JSON(), nullable=True))
        tasks.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="1"))
        tasks.add_column(sa.Column("key", sa.String(200), nullable=True))
        tasks.add_column(sa.Column("context", sa.JSON(), nullable=True))
        tasks.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        tasks.add_column(sa.Column("owner", sa.String(64), nullable=True))
        tasks.add_column(
            sa.Column("is_sent", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        tasks.add_column(sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True))
        tasks.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        tasks.create_unique_constraint(op.f("uq_tasks_name_key"), ["name", "key"])
    op.create_index("ix_tasks_state_due_at", "tasks", ["state", "due_at"])
    op.execute(
        "UPDATE tasks SET state = 'lost', error = 'it had not ended when the service was updated', "
        "finished_at = created_at WHERE finished_at IS NULL"
    )
    op.execute("UPDATE tasks SET ready_at = created_at")
    with op.batch_alter_table("tasks") as tasks:
        for name in ("priority", "attempts", "is_sent"):
            tasks.alter_column(name, server_default=None)
        tasks.alter_column("ready_at", nullable=False)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_tasks_state_due_at", table_name="tasks")
    with op.batch_alter_table("tasks") as tasks:
        tasks.drop_constraint(op.f("uq_tasks_name_key"), type_="unique")
        for name in (
            "due_at",
            "ready_at",
            "is_sent",
            "owner",
            "attempts",
            "context",
            "key",
            "priority",
            "payload",
        ):
            tasks.drop_column(name)
