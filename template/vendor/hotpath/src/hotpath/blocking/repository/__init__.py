# Generated from hotpath/aio/repository/__init__.py by extensions/blocking.py; do not edit.
"""Repositories: what is read and written of a model, declared by its schemas."""

from hotpath.blocking.repository.aggregates import aggregate
from hotpath.blocking.repository.export import export
from hotpath.blocking.repository.imports import FileChanged, Import, LinesRefused
from hotpath.blocking.repository.relations import Relation
from hotpath.blocking.repository.repository import Created, Repository
from hotpath.db.filters import after, at_least, at_most, before

__all__ = [
    "Created",
    "FileChanged",
    "Import",
    "LinesRefused",
    "Relation",
    "Repository",
    "after",
    "aggregate",
    "at_least",
    "at_most",
    "before",
    "export",
]
