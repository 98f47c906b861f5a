"""One async source in either colour. Used by `colours.py`, which imports this package by path.

`names` says what becomes what, `code` and `imports` where that is in a file, `joining` what fits on
one line afterwards; `source` holds the text and its tree.
docs/decisions/0002-one-source-two-colours.md has the rules for authors.
"""

from .code import convert
from .names import ConversionError

__all__ = ["ConversionError", "convert"]
