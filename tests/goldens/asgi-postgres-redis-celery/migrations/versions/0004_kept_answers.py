"""Kept answers and their tags.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
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
