"""Render a service with the defaults, run it, and show a first real answer: `nox -s demo`."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import copier

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 60
STOPPED_WITHIN_S = 30


def main(folder: Path) -> None:
    """Make, start and ask a service below `folder`; leave it there to be tried."""
    project = free_place(folder)
    step(f"Rendering a service with the default answers into {shown(project)}")
    copier.run_copy(
        str(ROOT), project, defaults=True, unsafe=True, quiet=True, skip_tasks=True, vcs_ref="HEAD"
    )
    step("Installing it")
    run(project, "sync", "--quiet")
    step("Making its database")
    run(project, "run", "shop", "db", "upgrade")
    step("Starting it, and asking it over HTTP")
    with server(project) as url:
        user = ask(f"{url}/users", {"email": "ada@example.com", "name": "Ada"})
        ask(f"{url}/users/{user['id']}")
    print(f"""
It works, and it is yours. Start it again:

    cd {shown(project)}
    .venv/bin/shop serve          # then open http://localhost:8000/docs

Its README.md says the rest. For a service you keep and update: `copier copy`, see our README.""")


def free_place(folder: Path) -> Path:
    """Return a folder that is not there yet, so that nothing of an earlier run is lost."""
    names = (f"shop-{number}" if number > 1 else "shop" for number in count(1))
    return next(folder / name for name in names if not (folder / name).exists())


def run(project: Path, *arguments: str) -> None:
    """Run the uv beside this Python in the project; its own errors are shown as they are."""
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, *arguments], cwd=project, env=environment(), check=True)


def environment() -> dict[str, str]:
    """Return the environment without the virtual environment this runs in."""
    ours = {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}
    return {name: value for name, value in os.environ.items() if name not in ours}


@contextmanager
def server(project: Path) -> Iterator[str]:
    """Run the service on a free port; yield its URL; end it with SIGTERM."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(project / ".venv" / "bin" / "shop"), "serve", "--port", str(port)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, cwd=project, stderr=log, stdout=log, env=environment())
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        except BaseException:
            log.seek(0)
            print(log.read(), file=sys.stderr)
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOPPED_WITHIN_S)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the service answers."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the service did not answer within {READY_WITHIN_S} s")


def ask(url: str, body: dict[str, str] | None = None) -> Any:
    """Send a request, show it as curl would send it, show and return the answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
        text = answer.read().decode()
        payload = f" -H content-type:application/json -d '{json.dumps(body)}'" if body else ""
        print(f"\n    $ curl{payload} {url}\n    {answer.status} {text}")
    return json.loads(text)


def step(text: str) -> None:
    """Say what happens now."""
    print(f"==> {text}", flush=True)


def shown(path: Path) -> str:
    """Return a path as short as it can be typed from here."""
    return os.path.relpath(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "demo")
