"""States of tasks, cached values and their tags.

Revision: hotpath_0001, the first of the engine's branch
"""

import sqlalchemy as sa
from alembic import op

revision = "hotpath_0001"
down_revision = None
branch_labels = ("hotpath",)
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.String(500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_created_at"), "tasks", ["created_at"])
    op.create_table(
        "cache_entries",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("leased_until", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_cache_entries")),
    )
    op.create_index("ix_cache_entries_ends_at_key", "cache_entries", ["ends_at", "key"])
    op.create_table(
        "cache_tags",
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_cache_tags")),
    )
    op.create_index("ix_cache_tags_ends_at_tag", "cache_tags", ["ends_at", "tag"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("cache_tags")
    op.drop_table("cache_entries")
    op.drop_table("tasks")
