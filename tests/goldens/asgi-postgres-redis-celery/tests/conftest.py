"""The fixtures are those of the engine's pytest plugin; add yours, or override one, here."""

pytest_plugins = ("hotpath.testing.plugin",)
