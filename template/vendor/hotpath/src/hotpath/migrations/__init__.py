"""The engine's own tables as Alembic migrations, a branch of their own, and Alembic's `env.py`."""
