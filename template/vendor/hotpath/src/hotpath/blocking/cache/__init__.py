# Generated from hotpath/aio/cache/__init__.py by extensions/blocking.py; do not edit.
"""The cache: L1 in this process, L2 in Redis, L3 in a table of the database."""
