"""Benchmarks of the engine: `nox -s bench -- STACK NAME`; they print tables, and fail nothing."""
