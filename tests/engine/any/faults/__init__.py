"""Tests of what happens when something stops, hangs or dies."""
