"""Odd settings that each stack has: they work, or are a sentence before anything is touched."""

from pathlib import Path

import pytest
from hotpath.settings import InvalidSettings
from hotpath.settings.sources import ENV_FILES
from hotpath.testing.workspace import Workspace
from hypothesis import given, settings
from hypothesis import strategies as st

from package_name.settings import Settings

from ..odd_settings import SECRET, refusal, refused, settings_of
from ..shop import PREFIX, SERVICE

WRONG = (
    ("ENVIRONMENT", "prod", "Input should be 'development', 'test' or 'production'"),
    ("ENVIRONMENT", "", "Input should be 'development', 'test' or 'production'"),
    ("ENVIRONMENT", "Production", "Input should be 'development', 'test' or 'production'"),
    ("SERVER__PORT", "", "Input should be a valid integer"),
    ("SERVER__PORT", "http", "Input should be a valid integer"),
    ("SERVER__PORT", "-1", "Input should be greater than or equal to 0"),
    ("SERVER__PORT", "65536", "Input should be less than or equal to 65535"),
    ("SERVER__PORT", "8000.5", "Input should be a valid integer"),
    ("SERVER__PORT", "9" * 5000, "Unable to parse input string as an integer"),
    ("SERVER__PORT", "0x50", "Input should be a valid integer"),
    ("SERVER__PORT", "tcp://10.0.0.1:8000", "Input should be a valid integer"),
    ("SERVER__WORKERS", "0", "Input should be greater than or equal to 1"),
    ("SERVER__WORKERS", "auto", "Input should be a valid integer"),
    ("SERVER__THREADS", "1e9", "Input should be a valid integer"),
    ("SERVER__KIND", "hypercorn", "Input should be "),
    ("SERVER__HOT_ROUTES", "maybe", "Input should be a valid boolean"),
    ("SERVER__REQUEST_TIMEOUT_S", "nan", "Input should be greater than 0"),
    ("SERVER__REQUEST_TIMEOUT_S", "-inf", "Input should be greater than 0"),
    ("SERVER__DRAIN_S", "inf", "Input should be less than or equal to 300"),
    ("SERVER__KEEP_ALIVE_S", "30s", "Input should be a valid integer"),
    ("SERVER__TRUSTED_PROXIES", "10.0.0.0/8;::1", "'10.0.0.0/8;::1' is neither an address nor"),
    ("SERVER__TRUSTED_PROXIES", "10.0.0.1/8", "'10.0.0.1/8' is neither an address nor"),
    ("SERVER__RATE_LIMIT", "100", ""),
    ("SERVER__RATE_LIMIT", "0/second", ""),
    ("SERVER__RATE_LIMIT", "a/b/c", ""),
    ("SERVER__NOTHING", "1", "there is no such setting"),
    ("SERVER__PORT__X", "1", "Input should be a valid integer"),
    ("DB__POOL_SIZE", "0", "Input should be greater than or equal to 1"),
    ("DB__POOL_SIZE", "٣x", "Input should be a valid integer"),
    ("DB__POOL_SIZE", "null", "Input should be a valid integer"),
    ("DB__POOL_WAIT_S", "0", "Input should be greater than 0"),
    ("DB__BATCH_SIZE", "1_0_", "Input should be a valid integer"),
    ("DB__HOST", "localhost", "there is no such setting"),
    ("DB__URL", "", "must start with "),
    ("DB__URL", " ", "must start with "),
    ("DB__URL", "localhost", "must start with "),
    ("DB__URL", f"mysql://root:{SECRET}@localhost/app", "must start with "),
    ("DB__URL", f"postgresql+asyncpg://app:{SECRET}@host/app", "must start with "),
    ("DB__URL", f"'postgresql://app:{SECRET}@host/app'", "must start with "),
    ("DB__URL", f"POSTGRESQL://app:{SECRET}@host/app", "must start with "),
    ("DB__URL", "sqlite+aiosqlite:///app.db", "must start with "),
    ("CACHE__TTL_S", "0", "Input should be greater than 0"),
    ("CACHE__TTL_S", "inf", "Input should be a finite number"),
    ("CACHE__TTL_JITTER", "1", "Input should be less than 1"),
    ("CACHE__L1_MAX_BYTES", "32 MiB", "Input should be a valid integer"),
    ("CACHE__USE_TABLE", "2", "Input should be a valid boolean"),
    ("TASKS__NOTHING", SECRET, "there is no such setting"),
    ("HTTP_CLIENT__URLS__A", f"https://user:{SECRET}@host", "must be http://"),
    ("HTTP_CLIENT__URLS__A", "https://host:port", "must be http://"),
    ("HTTP_CLIENT__URLS__A", "ftp://host", "must be http://"),
    ("HTTP_CLIENT__ATTEMPTS", "0", "Input should be greater than or equal to 1"),
    ("OBSERVABILITY__LEVEL", "loud", ""),
    ("OBSERVABILITY__LEVELS", '{"a": "loud"}', ""),
    ("OBSERVABILITY__METRICS_PORT", "99999", "Input should be less than or equal to 65535"),
    ("OBSERVABILITY__PROFILE_SAMPLE_RATE", "2", "Input should be less than or equal to 1"),
)


@pytest.mark.parametrize(("name", "value", "why"), WRONG)
def test_a_wrong_value_is_a_sentence(tmp_path: Path, name: str, value: str, why: str) -> None:
    said = refused(tmp_path, **{name: value})

    assert said.startswith(f"{PREFIX}{name.removesuffix('__X')}")
    assert why in said


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TASK__LEASE_S", "TASKS__LEASE_S"),
        ("TASKS__LEASES_S", "TASKS__LEASE_S"),
        ("SERVER__WROKERS", "SERVER__WORKERS"),
        ("SERVER_PORT", "SERVER__PORT"),
        ("db_url", "DB__URL"),
        ("ENVIROMENT", "ENVIRONMENT"),
        ("SECRETKEY", "SECRET_KEY"),
        ("DATABASE_URL", "DB__URL"),
        ("TASK_LEASE_S", "TASKS__LEASE_S"),
        ("SERVER_WROKERS", "SERVER__WORKERS"),
    ],
)
def test_a_misspelt_name_is_told_with_the_one_it_stands_for(
    tmp_path: Path, name: str, meant: str
) -> None:
    said = refused(tmp_path, **{name: SECRET})

    assert said == f"{PREFIX}{name}: there is no such setting; is {PREFIX}{meant} meant?"


def test_a_section_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, NOWHERE__NOTHING=SECRET)

    assert said == f"{PREFIX}NOWHERE__NOTHING: there is no such setting"


def test_misspelt_names_in_files_are_told_with_all_that_is_wrong(tmp_path: Path) -> None:
    place = in_file(tmp_path, f"{PREFIX}DB_URL={SECRET}\n{PORT}=http\n".encode())

    said = refusal(place.with_settings(TASKS__X=1)).splitlines()

    assert [line.partition(":")[0].removeprefix(PREFIX) for line in said] == [
        "DB_URL",
        "SERVER__PORT",
        "TASKS__X",
    ]


def test_two_settings_that_contradict_others_are_told_at_once(tmp_path: Path) -> None:
    place = Workspace.in_folder(SERVICE, tmp_path).with_settings(ENVIRONMENT="production")

    said = refusal(place.with_settings(SERVER__PORT=81, OBSERVABILITY__METRICS_PORT=81))

    assert [line.partition(":")[0].removeprefix(PREFIX) for line in said.splitlines()] == [
        "SECRET_KEY",
        "OBSERVABILITY__METRICS_PORT",
    ]


@pytest.mark.parametrize("section", ["SERVER", "DB", "CACHE", "TASKS", "OBSERVABILITY"])
@pytest.mark.parametrize("value", [SECRET, "[1]", "5", '"text"', "{"])
def test_a_section_that_is_none_is_a_sentence(tmp_path: Path, section: str, value: str) -> None:
    said = refused(tmp_path, **{section: value})

    assert section.lower() in said.lower()


ODD = (
    ("SERVER__PORT", " 8080 ", lambda read: read.server.port == 8080),
    ("SERVER__PORT", "+80", lambda read: read.server.port == 80),
    ("SERVER__PORT", "0", lambda read: read.server.port == 0),
    ("SERVER__WORKERS", "02", lambda read: read.server.workers == 2),
    ("SERVER__HOT_ROUTES", "off", lambda read: not read.server.hot_routes),
    ("SERVER__REQUEST_TIMEOUT_S", "inf", lambda read: read.server.request_timeout_s > 1e9),
    (
        "SERVER__TRUSTED_PROXIES",
        " ::1 , 10.0.0.0/8,",
        lambda read: len(read.server.trusted_networks) == 2,
    ),
    ("SERVER", '{"port": 81}', lambda read: read.server.port == 81 and read.server.workers == 1),
    (
        "SECRET_KEY",
        "ключ № 1, with spaces",
        lambda read: "№" in read.secret_key.get_secret_value(),
    ),
    ("UNKNOWN", "1", lambda read: read.environment == "development"),
    ("IMAGE_TAG", "1", lambda read: read.environment == "development"),
    ("SERVICE_HOST", "10.0.0.1", lambda read: read.server.host == "127.0.0.1"),
    ("SERVER_PORT", "tcp://10.0.0.1:80", lambda read: read.server.port == 8000),
    ("PORT", "81", lambda read: read.server.port == 8000),
    ("JWT_SECRET_KEY", "1", lambda read: read.environment == "development"),
    ("SECRET_KEY_OLD", "1", lambda read: read.environment == "development"),
    ("ADMIN_SERVER__PORT", "81", lambda read: read.server.port == 8000),
    ("PORT_8000_TCP_PROTO", "tcp", lambda read: read.server.port == 8000),
)


@pytest.mark.parametrize(("name", "value", "holds"), ODD)
def test_an_odd_value_works(tmp_path: Path, name: str, value: str, holds: object) -> None:
    read = settings_of(tmp_path, **{name: value})

    assert callable(holds)
    assert holds(read)


def in_file(folder: Path, data: bytes, name: str = ".env") -> Workspace:
    """Return a workspace whose file of settings has these bytes."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return Workspace.in_folder(SERVICE, folder)


PORT = f"{PREFIX}SERVER__PORT"
BROKEN = (
    (f'A="open\n{PORT}=81\n', 1, "a quote is left open"),
    (f"\n\n{PORT}='81\n", 3, "a quote is left open"),
    (f'A=1\n{PORT}="81\nB="x"\n', 2, "a quote is left open"),
    (f'A="\n{PORT}=81\nB="\n', 1, "a quote is left open"),
    (f'{PORT}="81" 82\n', 1, "a quote is left open"),
    (f'{PORT}="81"x\n', 1, "a quote is left open"),
    (f"=81\n{PORT}=81\n", 1, "is no NAME=value"),
    (f"{PORT} 81\n", 1, "is no NAME=value"),
    (f"# comment\n{PORT}\n", 2, "has no = and no value"),
    (f"export {PORT}\n", 1, "has no = and no value"),
    ("A=1\nDATABASE_URL\n", 2, "has no = and no value"),
    (f"{PORT}: 81\n", 1, "is no NAME=value"),
    (f"{PORT}=81\nA=\0\n", 2, "has a NUL byte"),
    (f"{PORT}=8\0001\n", 1, "has a NUL byte"),
)


@pytest.mark.parametrize("name", ENV_FILES)
@pytest.mark.parametrize(("text", "line", "why"), BROKEN)
def test_a_broken_file_is_a_sentence(
    tmp_path: Path, text: str, line: int, why: str, name: str
) -> None:
    said = refusal(in_file(tmp_path, text.encode(), name)).splitlines()

    assert said[0].startswith(f"{name}, line {line}: ")
    assert why in said[0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_a_file_in_another_encoding_is_a_sentence(tmp_path: Path, encoding: str) -> None:
    said = refusal(in_file(tmp_path, f"A=é\n{PORT}=81\n".encode(encoding)))

    assert said.startswith(".env, line 1: ")
    assert said.endswith(("save it in UTF-8.", "in UTF-8."))


@pytest.mark.parametrize("name", ENV_FILES)
def test_a_folder_instead_of_a_file_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(parents=True)

    said = refusal(Workspace.in_folder(SERVICE, tmp_path))

    assert said == f"{name}: cannot be read: Is a directory."


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(".env")

    said = refusal(Workspace.in_folder(SERVICE, tmp_path))

    assert said.startswith(".env: cannot be read: ")


WHOLE = (
    b"\xef\xbb\xbf%b=81\n",
    b"%b=81\r\n",
    b"A=1\r%b=81\r",
    b"\n\n  %b = 81  # comment\n",
    b"export %b='81'\n",
    b'%b="81"',
    b"A='a\nb'\n%b=81",
    b"%b=80\n%b=81",
    b"A=8\n%b=${A}1",
    b"A\n%b=81",
)


@pytest.mark.parametrize("data", WHOLE)
def test_an_odd_file_works(tmp_path: Path, data: bytes) -> None:
    name = PORT.encode()

    place = in_file(tmp_path, data.replace(b"%b", name))

    assert place.settings().server.port == 81


def test_wrong_settings_of_all_kinds_are_told_at_once(tmp_path: Path) -> None:
    wrong = {"SERVER__PORT": "x", "DB__URL": f"x:{SECRET}", "CACHE__NOTHING": 1, "SERVER__KIND": 2}
    place = Workspace.in_folder(SERVICE, tmp_path)
    production = place.with_settings(ENVIRONMENT="production", SECRET_KEY="short", **wrong)

    said = refusal(production).splitlines()

    assert {line.partition(":")[0] for line in said[:-1]} == {PREFIX + name for name in wrong}
    assert said[-1].startswith(f"{PREFIX}SECRET_KEY: must be your own in production")
    assert len(said) == len(wrong) + 1


def test_a_port_of_the_platform_counts_if_there_is_no_other(tmp_path: Path) -> None:
    place = Workspace.in_folder(SERVICE, tmp_path).with_variables({"PORT": "81"})

    assert place.settings().server.port == 81
    assert place.with_settings(SERVER__PORT=82).settings().server.port == 82
    assert place.with_settings(SERVER='{"port": 83}').settings().server.port == 83
    assert place.with_settings(SERVER__WORKERS=2).settings().server.port == 81
    in_file(tmp_path, f"{PORT}=84".encode())
    assert place.settings().server.port == 84


def test_a_platforms_variable_may_be_in_a_file(tmp_path: Path) -> None:
    place = in_file(tmp_path, b"PORT=81\n")

    assert place.settings().server.port == 81
    assert place.with_variables({"PORT": "82"}).settings().server.port == 82


def test_a_wrong_value_of_a_platform_is_told_by_its_name(tmp_path: Path) -> None:
    variables = {"PORT": "http", "DATABASE_URL": f"mysql://app:{SECRET}@host/app"}

    said = refusal(Workspace.in_folder(SERVICE, tmp_path).with_variables(variables)).splitlines()

    assert [line.partition(":")[0] for line in said] == [
        f"PORT, which stands for {PREFIX}SERVER__PORT",
        f"DATABASE_URL, which stands for {PREFIX}DB__URL",
    ]


@pytest.mark.parametrize("words", [("serve",), ("db", "upgrade")])
def test_a_process_that_is_set_up_wrongly_ends_at_once(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    place = in_file(tmp_path, f'A="{SECRET}\n{PORT}=81\n'.encode())

    done = place.with_settings(DB__URL=f"x:{SECRET}").run(*words)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ".env, line 1: is no NAME=value, or a quote is left open.\n"
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


NAMES = (
    *(
        f"{PREFIX}{section}__{name}".upper()
        for section, field in Settings.model_fields.items()
        for name in getattr(field.annotation, "model_fields", ())
    ),
    *("PORT", "DATABASE_URL", "REDIS_URL"),
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
PARTS_OF_URLS = (
    *("postgresql://", "redis://", "rediss://", "sqlite:///", "unix://", "user:", "@", "[", "]"),
    *("::1", "host", ":5432", "/", "?", "&", "=", "sslmode", "%", "%2F", "#", ",", "1", "inf", "{"),
)
VALUES = TEXTS | st.lists(st.sampled_from(PARTS_OF_URLS), max_size=8).map("".join)
PARTS_OF_FILES = (PORT, "=", '"', "'", "\n", "#", "81", "\\", "export ", "${", "}")
FILES = st.lists(st.sampled_from(PARTS_OF_FILES)).map(lambda parts: "".join(parts).encode())


def explanation(place: Workspace) -> str:
    """Return what is said of settings; nothing if they are read."""
    try:
        place.settings()
    except InvalidSettings as error:
        return str(error)
    return ""


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_whatever_is_set_is_read_or_explained(variables: dict[str, str]) -> None:
    nowhere = Workspace.in_folder(SERVICE, Path("/usr"))

    said = explanation(nowhere.with_variables(variables))

    assert not said or any(name in said for name in variables) or "error parsing" in said


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=60) | FILES)
def test_whatever_is_in_a_file_is_read_or_explained(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    said = explanation(in_file(tmp_path_factory.mktemp("file"), data))

    assert not said or said.startswith((".env", PREFIX))
