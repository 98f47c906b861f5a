"""How a service starts: with what it uses, and without a look at what it has just made."""

import re
import subprocess
import sys
import tomllib

import pytest
from hotpath.testing.project import find_project
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

import package_name

from ..shop import KINDS

LATE = tomllib.loads((find_project().folder / "pyproject.toml").read_text("utf-8"))["tool"][
    "late-imports"
]
TELL_IMPORTS = {"PYTHONPROFILEIMPORTTIME": "1"}
IMPORTED = re.compile(r"^import time: .*\| +([\w.]+)$", re.MULTILINE)
OF_SERVERS = "watchfiles"
"""Both uvicorn and granian import it, whether they reload or not."""

LOOKS = """
import gc, importlib, sys
main = importlib.import_module(sys.argv[1] + ".__main__").main
sys.argv[1:] = ["serve", "--help"]
gc.collect()
looks = []
gc.callbacks.append(lambda *_: looks.append(1))
try:
    main()
except SystemExit:
    sys.exit(len(looks))
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_serves_has_imported_what_it_uses(kind: str, workspace: Workspace) -> None:
    """7 MB and 70 ms of rich and typer; the other database's dialect; the other server."""
    place = workspace.with_settings(SERVER__KIND=kind).with_variables(TELL_IMPORTS)
    with serving(place) as server:
        imported = set(IMPORTED.findall(server.program.log.read_text()))

    assert package_name.__name__ + ".resources" in imported
    assert imported & set(LATE["modules"]) <= {kind, OF_SERVERS}


def test_a_start_looks_for_no_garbage() -> None:
    """Of 800 ms until the first answer, 110 ms were 300 looks at what stays to the end."""
    command = [sys.executable, "-c", LOOKS, package_name.__name__]

    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)

    assert done.returncode == 0
