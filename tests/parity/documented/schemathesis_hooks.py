"""What schemathesis cannot know: which e-mail addresses are no special-use ones.

Loaded by `schemathesis` itself; see `schemathesis.toml`.
"""

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format("email", st.integers(0, 10**9).map("user-{}@example.com".format))
