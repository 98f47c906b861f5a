"""Profiles that were taken, in files that all processes of a server share; removed with it."""

import atexit
import os
import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import orjson

from hotpath.observability.multiprocess import shared_folder
from hotpath.profiling.profile import Profile

MAX_PROFILES = 50
"""Kept at once; the oldest go. One has 5 to 500 kB."""

PATH = "/debug/profiles"
"""Where HTTP has them."""

_FOLDER = "profiles"
_is_id = re.compile(r"[0-9a-f]{16}").fullmatch


class ProfileNotFound(LookupError):
    """There is no such profile, or no longer."""

    def __init__(self, profile_id: str) -> None:
        super().__init__(f"profile {profile_id} does not exist; the last {MAX_PROFILES} are kept")


class Store:
    """Keeps the last profiles in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, profile: Profile, profile_id: str) -> None:
        """Write a profile, or replace it; then delete the oldest beyond `MAX_PROFILES`."""
        self._folder.mkdir(exist_ok=True)
        part = self._folder / f"{profile_id}.part{os.getpid()}"
        part.write_bytes(orjson.dumps(profile.to_json()))
        part.replace(self._path(profile_id))
        for path in self._newest_first()[MAX_PROFILES:]:
            path.unlink(missing_ok=True)

    def load(self, profile_id: str) -> Profile:
        """Return a profile, of any process of this server.

        Raises:
            ProfileNotFound: there is none.
        """
        if not _is_id(profile_id):
            raise ProfileNotFound(profile_id)
        try:
            content = self._path(profile_id).read_bytes()
        except FileNotFoundError:
            raise ProfileNotFound(profile_id) from None
        return Profile.from_json(orjson.loads(content))

    def entries(self) -> list[dict[str, Any]]:
        """Return what each profile is of, its `id` and `path`, newest first. Cost: reads all."""
        found = []
        for path in self._newest_first():
            with suppress(FileNotFoundError):  # another process deleted it
                about = orjson.loads(path.read_bytes())["about"]
                found.append({"id": path.stem, "path": f"{PATH}/{path.stem}", **about})
        return found

    def _path(self, profile_id: str) -> Path:
        return self._folder / f"{profile_id}.json"

    def _newest_first(self) -> list[Path]:
        times: list[tuple[int, Path]] = []
        for path in self._folder.glob("*.json"):
            with suppress(FileNotFoundError):
                times.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(times, reverse=True)]


def new_id() -> str:
    """Return the id of a new profile."""
    return token_hex(8)


def open_store() -> Store:
    """Return the store of this server, beside its metrics; elsewhere one of this process."""
    return Store((shared_folder() or _own_folder()) / _FOLDER)


@cache
def _own_folder() -> Path:
    folder = mkdtemp(prefix="profiles-")
    atexit.register(rmtree, folder, ignore_errors=True)
    return Path(folder)
