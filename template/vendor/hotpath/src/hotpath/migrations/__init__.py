"""The engine's own tables as Alembic migrations, on a branch of their own, and Alembic's environment."""
