"""Tests of the service: unit (no I/O), integration (real servers), faults (what breaks them)."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.problems")
