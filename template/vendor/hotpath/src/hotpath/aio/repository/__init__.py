"""Repositories: what is read and written of a model, declared by its schemas."""

from hotpath.aio.repository.aggregates import aggregate
from hotpath.aio.repository.export import export
from hotpath.aio.repository.imports import FileChanged, Import, LinesRefused
from hotpath.aio.repository.relations import Relation
from hotpath.aio.repository.repository import Created, Repository
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
