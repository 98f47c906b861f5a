"""Limits of what every database can hold."""

MAX_ID = 2**63 - 1
"""The largest row id."""

NO_NUL = r"^[^\u0000]*$"
"""PostgreSQL cannot store NUL in a text."""
