# Generated from hotpath/aio/tasks/__init__.py by extensions/blocking.py; do not edit.

