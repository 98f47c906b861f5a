"""Load tests of a service: `nox -s load`, or `python -m hotpath.testing.load`.

Simulated users do what the project's `tests/load/scenarios.py` says; `slo.toml` says what has to
hold meanwhile. Locust, which runs them, is imported in a process of its own only.
"""
