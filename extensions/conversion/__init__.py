"""One async source gives async or sync code. `async_to_sync.py` and `blocking.py` use it.

`names` says what becomes what, `code` and `imports` where that is in a file, `joining` what fits on
one line afterwards; `source` holds the text and its tree.
docs/decisions/0002-one-source-async-and-sync.md has the rules for authors.
"""

from .code import convert
from .names import ConversionError

__all__ = ["ConversionError", "convert"]
