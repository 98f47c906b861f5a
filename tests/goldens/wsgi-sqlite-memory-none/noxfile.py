"""Tasks of this project; `nox` runs all that a change has to pass, `nox -s quick` in seconds."""

import os

import nox

UV = os.environ.get("UV", "uv")  # `uv run` says which it is

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "tests"]


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, lint, types and which imports are allowed."""
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests against real services."""
    session.run("pytest", *session.posargs)


@nox.session
def quick(session: nox.Session) -> None:
    """Between two edits: format, lint, and the tests that failed last or else all but slow ones."""
    session.run("ruff", "format", ".")
    session.run("ruff", "check", "--fix", ".")
    session.run("pytest", "-x", "--ff", "-m", "not slow", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure hot paths; fail if one takes longer than accepted. `-- --help` for more."""
    session.run("python", "-m", "hotpath.testing.bench", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """Simulate users for 20 s; fail if `slo.toml` does not hold. `-- --help` for more."""
    # locust brings much: an environment of its own leaves the ordinary one as it is.
    environment = {"UV_PROJECT_ENVIRONMENT": ".nox/load", "VIRTUAL_ENV": None}
    command = (UV, "run", "--locked", "--group", "load", "python", "-m", "hotpath.testing.load")
    session.run(*command, *session.posargs, env=environment, external=True)


@nox.session
def imports(session: nox.Session) -> None:
    """Print what the import of the app costs, per package."""
    session.run("python", "-m", "hotpath.testing.imports")
