"""What tests of a service use: a pytest plugin, real servers, benchmarks and load.

`plugin.py` has the fixtures. `python -m hotpath.testing.bench` measures the hot paths of a project,
`hotpath.testing.load` runs simulated users against it, `hotpath.testing.imports` times its imports.
"""
