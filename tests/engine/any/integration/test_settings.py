"""Settings: where they come from, and what is said of wrong ones."""

from pathlib import Path

import pytest
from hotpath.settings import InvalidSettings
from hotpath.testing.project import find_project
from hotpath.testing.workspace import Workspace
from pydantic import BaseModel

from package_name.settings import Settings, read_settings

from ..shop import PREFIX, SERVICE

EXAMPLE = find_project().folder / ".env.example"


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """Return a place with no setting but the defaults."""
    return Workspace.in_folder(SERVICE, tmp_path)


def test_wrong_settings_are_named_at_once_in_sentences(place: Workspace) -> None:
    wrong = {"SERVER__PORT": "http", "SERVER__WORKERS": "0", "OBSERVABILITY__LEVEL": "loud"}

    done = place.with_settings(**wrong, DB__POOL_SIZE="-1", CACHE__TTL_S="soon").run("serve")

    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert [line.partition(":")[0].removeprefix(PREFIX) for line in lines] == [
        "SERVER__PORT",
        "SERVER__WORKERS",
        "DB__POOL_SIZE",
        "CACHE__TTL_S",
        "OBSERVABILITY__LEVEL",
    ]
    assert lines[1] == f"{PREFIX}SERVER__WORKERS: Input should be greater than or equal to 1"


@pytest.mark.parametrize("key", [None, "", "short", "15 characters..", "development-only"])
def test_production_demands_a_key_of_its_own(place: Workspace, key: str | None) -> None:
    given = {} if key is None else {"SECRET_KEY": key}

    with pytest.raises(InvalidSettings) as caught:
        place.with_settings(ENVIRONMENT="production", **given).settings()

    assert str(caught.value) == (
        f"{PREFIX}SECRET_KEY: must be your own in production, with 16 characters or more"
    )


def test_production_takes_a_long_key_and_does_not_show_it(place: Workspace) -> None:
    key = "16 characters ok"

    settings = place.with_settings(ENVIRONMENT="production", SECRET_KEY=key).settings()

    assert settings.secret_key.get_secret_value() == key
    assert key not in repr(settings)


def test_a_url_of_another_database_is_refused(place: Workspace) -> None:
    with pytest.raises(InvalidSettings, match=f"^{PREFIX}DB__URL: must start with "):
        place.with_settings(DB__URL="mysql://127.0.0.1/app").settings()


@pytest.mark.parametrize("name", ["SERVER__WROKERS", "DB__HOST", "CACHE__SIZE", "TASKS__X"])
def test_an_unknown_name_inside_a_section_is_refused(place: Workspace, name: str) -> None:
    with pytest.raises(InvalidSettings, match=f"^{PREFIX}{name}: there is no such setting"):
        place.with_settings(**{name: "1"}).settings()


def test_the_environment_wins_over_files(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    place.enter(monkeypatch)
    (place.folder / ".dev").mkdir()
    written = "".join(f"{PREFIX}SERVER__{name}={{}}\n" for name in ("PORT", "THREADS", "HOST"))
    (place.folder / ".dev" / "services.env").write_text(written.format(1, 1, "services"))
    (place.folder / ".env").write_text("".join(written.format(2, 2, "").splitlines(True)[:2]))
    monkeypatch.setenv(f"{PREFIX}SERVER__PORT", "3")

    server = read_settings().server

    assert (server.port, server.threads, server.host) == (3, 2, "services")


def test_a_part_of_a_section_leaves_the_rest_as_it_is(place: Workspace) -> None:
    expected = place.settings().server.model_copy(update={"port": 9})

    assert place.with_settings(SERVER__PORT=9).settings().server == expected


def variables(model: object, prefix: str = PREFIX) -> dict[str, object]:
    """Return the variable and the value of every setting."""
    found: dict[str, object] = {}
    for name, value in vars(model).items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(value, BaseModel):
            found |= variables(value, f"{variable}__")
        else:
            found[variable] = value
    return found


def test_the_example_file_lists_every_setting_with_its_default(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.enter(monkeypatch)
    lines = EXAMPLE.read_text().splitlines()
    settings = [line.removeprefix("# ") for line in lines if line.startswith(f"# {PREFIX}")]
    (place.folder / ".env").write_text("\n".join(settings))

    listed = {line.partition("=")[0] for line in settings}

    expected = Settings(_env_file=None)
    assert listed == set(variables(expected))
    assert len(listed) == len(settings)
    assert variables(read_settings()) == variables(expected)
