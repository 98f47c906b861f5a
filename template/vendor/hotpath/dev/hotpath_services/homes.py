"""Where a development server's data lives: below `.dev/`, or behind a link from there."""

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from hotpath_services.account import Account, server_account
from hotpath_services.process import Home
from hotpath_services.service import ServiceError

PACKAGE = "hotpath-services"
# For root's projects in folders that a server, run as nobody, cannot enter; survives reboots.
OUTSIDE = Path("/var/tmp")  # noqa: S108 - its owner is checked


def home_of(name: str, folder: Path) -> Home:
    """Return the home of a service below `folder`, which need not exist yet."""
    return Home((folder / name).resolve())


def make_home(name: str, folder: Path) -> Home:
    """Make the home of a service where the server's user can enter it.

    Raises:
        ServiceError: there is data in a folder that has become closed to that user.
    """
    place = folder / name
    account = server_account()
    if place.is_symlink():
        _make_outside(place.readlink(), account)
    elif not place.exists():
        _make(place, account)
    home = home_of(name, folder)
    if not account.can_enter(home.path):
        raise ServiceError(f"{home.path} cannot be entered by the user that {name} runs as.")
    return home


def delete_home(name: str, folder: Path) -> None:
    """Remove a service's data, its log and the link to them."""
    place = folder / name
    home = home_of(name, folder)
    try:
        if home.path.exists():
            shutil.rmtree(home.path)
    except PermissionError as error:
        raise ServiceError(f"{error.filename} belongs to another user and stays.") from None
    if place.is_symlink():
        place.unlink()
        with contextlib.suppress(OSError):  # another service of this project lives there
            home.path.parent.rmdir()


def size_bytes(home: Home) -> int:
    """Return the size of the data; what the server removes meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(home.data):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(parent, name).lstat().st_size
    return total


def _make(place: Path, account: Account) -> None:
    if account.can_enter(place.parent):
        place.mkdir()
        return
    project = hashlib.sha256(bytes(place.parent.resolve())).hexdigest()[:12]
    target = OUTSIDE / f"{PACKAGE}-{project}" / place.name
    _make_outside(target, account)
    place.symlink_to(target)


def _make_outside(target: Path, account: Account) -> None:
    """Make `target` and its parent in a folder where others may have made them before."""
    for path in (target.parent, target):
        path.mkdir(exist_ok=True)
        status = path.lstat()
        if path.is_symlink() or status.st_uid != os.geteuid():
            raise ServiceError(f"{path} belongs to another user.")
        if account.is_another:
            path.chmod(0o711)
