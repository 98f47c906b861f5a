"""Measures rendered services beside popular templates, typical services and a bare floor.

`nox -s compare`; what it found is in `docs/benchmarks.md`. `rounds.py` says what happens in which
order, `systems.py` and `workloads.py` what is measured, `peers/` holds what is measured against.
"""
