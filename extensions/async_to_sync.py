"""The extension that renders `*.py.jinja` as the answer `interface` wants: async or sync.

Those files hold plain async Python without Jinja; the package `conversion` beside this file
converts them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

from jinja2 import Environment, TemplateRuntimeError
from jinja2.ext import Extension


def _import_anew(folder: Path) -> ModuleType:
    """Import a package from beside this file, in place of any that has its name.

    `copier update` loads two versions of the template in one process: each imports its own.
    """
    name = f"{__name__}.{folder.name}"
    for stale in [module for module in sys.modules if f"{module}.".startswith(f"{name}.")]:
        del sys.modules[stale]
    loader = SourceFileLoader(name, str(folder / "__init__.py"))
    spec = ModuleSpec(name, loader, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    package = sys.modules[name] = module_from_spec(spec)
    loader.exec_module(package)
    return package


conversion = _import_anew(Path(__file__).with_name("conversion"))


class AsyncToSync(Extension):
    """Renders `*.py.jinja` as async or sync code, with the real name of its package."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["render_python"] = render_python

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """Make the source of a Python template one literal, which keeps it byte for byte."""
        if name is None or not name.endswith(".py.jinja"):
            return source
        opening = self.environment.variable_start_string
        closing = self.environment.variable_end_string
        call = f"render_python({name!a}, interface, package_name, stack.sections)"
        return f"{opening} {source!a} | {call} {closing}"


def render_python(
    source: str, template: str, interface: str, package: str, sections: Iterable[Mapping[str, str]]
) -> str:
    """Return `source` for `interface`, with the package's real name and the chosen settings.

    Raises:
        TemplateRuntimeError: the source cannot be converted; names the template and the line.
    """
    try:
        chosen = tuple((("hotpath.settings", each["any"]), each["chosen"]) for each in sections)
        converted: str = conversion.convert(source, interface == "wsgi", package, chosen)
    except conversion.ConversionError as error:
        raise TemplateRuntimeError(f"{template}:{error.line}: {error}") from error
    return converted
