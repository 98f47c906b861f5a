"""A contract of import-linter for features: it holds for every one, without a list of them.

[tool.importlinter]
root_packages = ["shop", "hotpath"]
include_external_packages = true
contract_types = ["features: hotpath.testing.contracts.FeaturesContract"]

[[tool.importlinter.contracts]]
name = "features"
type = "features"
package = "shop"
public = ["model", "schemas", "service"]
"""

from collections.abc import Iterator
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

WEB = ("fastapi", "starlette", "flask", "flask_openapi3", "hotpath.asgi", "hotpath.wsgi")
ROUTES = "routes"
_NO_FEATURES = {"migrations"}
_ABOVE = {"app", "cli", "commands", "features", "__main__"}


class FeaturesContract(Contract):
    """Features are apart from each other and from the web.

    Every folder of the package is a feature. Only its module `routes` imports the web framework
    and `dependencies`, and nothing imports `routes`. Of another feature it imports the `public`
    modules; `app`, `cli`, `commands` and `features` stand above and are not imported.
    """

    package = fields.StringField()
    public = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return whether no import is forbidden."""
        del verbose
        problems = sorted(self._problems(graph))
        return ContractCheck(kept=not problems, metadata={"problems": problems})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print a sentence for each forbidden import."""
        for problem in check.metadata["problems"]:
            output.print_error(problem)

    def _problems(self, graph: ImportGraph) -> Iterator[str]:
        root = cast(str, self.package)
        for importer in graph.find_descendants(root):
            for imported in graph.find_modules_directly_imported_by(importer):
                reason = self._reason(importer, imported, graph)
                if reason:
                    lines = graph.get_import_details(importer=importer, imported=imported)
                    line = lines[0]["line_number"]
                    yield f"{importer} imports {imported} (line {line}): {reason}"

    def _reason(self, importer: str, imported: str, graph: ImportGraph) -> str:
        """Return why an import is forbidden; "" if it is not."""
        own, module = self._place(importer, graph)
        other, part = self._place(imported, graph)
        if part == ROUTES and other != own:
            return "routes are found by `features`, nobody imports them"
        if not own:
            return ""
        public = cast(list[str], self.public)
        if module != ROUTES and (_is_web(imported) or (other == "" and part == "dependencies")):
            return "only `routes` knows the web"
        if other == "" and part in _ABOVE:
            return f"`{part}` stands above the features"
        if other and other != own and part and part not in public:
            return f"of another feature only {', '.join(public)} may be imported"
        return ""

    def _place(self, module: str, graph: ImportGraph) -> tuple[str | None, str]:
        """Return feature and module; no feature at the top of the package, None outside of it."""
        root, _, rest = module.partition(".")
        if root != cast(str, self.package):
            return None, ""
        first, _, last = rest.partition(".")
        is_folder = bool(graph.find_children(f"{root}.{first}")) if first else False
        if is_folder and first not in _NO_FEATURES:
            return first, last.partition(".")[0]
        return "", first


def _is_web(module: str) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in WEB)
