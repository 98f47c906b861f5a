"""The operations of the features. Add yours here."""

from .operation import Operation

FEATURES: tuple[Operation, ...] = ()
