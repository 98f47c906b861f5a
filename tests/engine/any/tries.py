"""Tests that hold a limit of time, which a machine that does something else may miss."""

import pytest

tried_again = pytest.mark.flaky(reruns=2)
"""Fail a test the third time: what is too slow by itself is so each time."""
