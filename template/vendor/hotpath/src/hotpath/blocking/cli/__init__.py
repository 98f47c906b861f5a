# Generated from hotpath/aio/cli/__init__.py by extensions/blocking.py; do not edit.

