# Generated from hotpath/aio/db/__init__.py by extensions/blocking.py; do not edit.

