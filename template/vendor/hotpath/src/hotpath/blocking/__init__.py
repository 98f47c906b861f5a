# Generated from hotpath/aio/__init__.py by extensions/blocking.py; do not edit.

