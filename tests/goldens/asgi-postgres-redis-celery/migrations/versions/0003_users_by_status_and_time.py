"""Users of one status by the time they were added.

Revision: 0003, after 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_index("ix_users_status_created_at_id", "users", ["status", "created_at", "id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_users_status_created_at_id", "users")
