"""How a session does without a transaction: one call for a statement instead of three."""

WITHOUT: dict[str, object] = {"is_without_transaction": True}
"""Execution options, heeded in `pragmas.py`."""
