# Generated from hotpath/aio/http_client/__init__.py by extensions/blocking.py; do not edit.
"""The client for other services: one pool of connections per process."""
