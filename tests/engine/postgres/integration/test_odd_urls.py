"""URLs of PostgreSQL: libpq's names work with each driver; what cannot work is a sentence."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import certifi
import pytest
from hotpath.aio.db.database import Database, open_database
from hotpath.db.errors import DatabaseUnavailable
from hotpath.observability.metrics import Metrics
from hotpath.settings import InvalidSettings
from hotpath.settings.urls import ENCODE, parse_postgres_url
from hotpath.testing.workspace import Workspace
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ..odd_settings import SECRET, refusal, refused, settings_of
from ..shop import PREFIX, SERVICE

APP = f"postgresql://app:{SECRET}@host"
PORT = "its port must be a number from 1 to 65535"
ONLY = "after the ? only application_name, connect_timeout, dbname, host, options, passfile, "

WRONG = (
    (f"{APP}:port/app", PORT),
    (f"{APP}:0/app", PORT),
    (f"{APP}:99999/app", PORT),
    (f"{APP}:-1/app", PORT),
    (f"{APP}:{'9' * 5000}/app", PORT),
    (f"{APP}:5432:5433/app", PORT),
    (f"postgresql://app:{SECRET}@::1/app", "an IPv6 address stands in brackets"),
    (f"postgresql://app:{SECRET}@[::1/app", PORT),
    (f"postgresql://app:{SECRET}@[::x]/app", "what is in brackets must be an IPv6 address"),
    (f"postgresql://app:{SECRET}@{'h' * 64}/app", "its host is neither a name nor an address"),
    (f"postgresql://app:{SECRET}@a..b/app", "its host is neither a name nor an address"),
    (f"postgresql://app:{SECRET}@a,,b/app", "its hosts must be names or addresses"),
    (f"postgresql://app:{SECRET}/x@host/app", ENCODE),
    (f"postgresql://app:{SECRET}@x@host/app", ENCODE),
    (f"postgresql://app:{SECRET}#x@host/app", ENCODE),
    (f"postgresql://app:{SECRET}?x@host/app", ENCODE),
    (f"postgresql://app:{SECRET}%@host/app", ENCODE),
    (f"postgresql://app:{SECRET}%2@host/app", ENCODE),
    (f"postgresql://app:{SECRET}%00@host/app", ENCODE),
    (f"postgresql://app:{SECRET} x@host/app", ENCODE),
    (f"postgresql://app:{SECRET}%FF@host/app", "what is percent-encoded must be UTF-8"),
    (f"{APP}/app\n", ENCODE),
    (f"{APP}/app#1", ENCODE),
    (f"{APP}/app?sslmode", "after the ? must be name=value, with & between them"),
    (f"{APP}/app?sslmode=on", "sslmode must be one of disable, allow, prefer, require, verify-ca"),
    (f"{APP}/app?sslmode=verify-full", "sslmode=verify-full needs sslrootcert"),
    (f"{APP}/app?sslrootcert=/nowhere.crt", "sslrootcert must be a file that can be read"),
    (f"{APP}/app?sslkey=/", "sslkey must be a file that can be read"),
    (f"{APP}/app?passfile={'n' * 5000}", "passfile must be a file that can be read"),
    (f"{APP}/app?connect_timeout=0", "connect_timeout must be a number of seconds"),
    (f"{APP}/app?connect_timeout=soon", "connect_timeout must be a number of seconds"),
    (f"{APP}/app?target_session_attrs=best", "target_session_attrs must be one of any, primary"),
    (f"{APP}/app?ssl_min_protocol_version=SSLv3", "ssl_min_protocol_version must be one of"),
    (f"{APP}/app?host=a,b&port=1,2,3", "must have one port, or as many as hosts"),
    (f"postgresql://app:{SECRET}@/app?port=1,2", "must have one port, or as many as hosts"),
    (f"{APP}/app?host=,b", "its hosts must be names or addresses with commas between them"),
    (f"{APP}/app?x%0Ay=1", "\\n"),
    (f"{APP}/app?port=x", PORT),
    (f"{APP}/app?port=70000", PORT),
    (f"{APP}/app?channel_binding=require", ONLY),
    (f"{APP}/app?schema=public", ONLY),
    (f"{APP}/app?pgbouncer=true", ONLY),
    (f"{APP}/app?SSLMODE=require", ONLY),
    (f"jdbc:postgresql://host/app?password={SECRET}", "must start with postgresql:// or postgres"),
    (f"host=localhost password={SECRET}", "must start with postgresql:// or postgres://"),
)


@pytest.mark.parametrize(("url", "why"), WRONG)
def test_what_cannot_work_is_a_sentence_without_the_password(
    tmp_path: Path, url: str, why: str
) -> None:
    said = refused(tmp_path, DB__URL=url)

    assert said.startswith(f"{PREFIX}DB__URL: ")
    assert why in said


PARTS = (
    ("postgresql://", ([], [], None, None, "")),
    ("postgresql:///app", ([], [], None, None, "app")),
    ("postgresql://:5433/app", ([], [5433], None, None, "app")),
    ("postgresql://host", (["host"], [None], None, None, "")),
    ("postgresql://u:@host:/a", (["host"], [None], "u", "", "a")),
    ("postgresql://u:p:q@host:1/a/b", (["host"], [1], "u", "p:q", "a/b")),
    ("postgresql://u@[::1]:1/a", (["::1"], [1], "u", None, "a")),
    ("postgresql://[fe80::1%25eth0]/a", (["fe80::1%eth0"], [None], None, None, "a")),
    ("postgresql://a:1,b:2/c", (["a", "b"], [1, 2], None, None, "c")),
    ("postgresql://a,b/c?port=3", (["a", "b"], [3, 3], None, None, "c")),
    ("postgresql://%2Frun%2Fpg/a", (["/run/pg"], [None], None, None, "a")),
    ("postgresql:///a?host=/run/pg", (["/run/pg"], [None], None, None, "a")),
    ("postgresql://u@:5433/a?host=/run/pg", (["/run/pg"], [5433], "u", None, "a")),
    ("postgresql://x:5433/a?host=h", (["h"], [5433], None, None, "a")),
    ("postgresql://u@/a?host=/run/pg&port=7", (["/run/pg"], [7], "u", None, "a")),
    ("postgresql://x/y?host=h&user=u&password=p+q&dbname=d", (["h"], [None], "u", "p+q", "d")),
    ("postgresql://ü:%C3%BC@bücher.example/é", (["bücher.example"], [None], "ü", "ü", "é")),
)


@pytest.mark.parametrize(("url", "parts"), PARTS)
def test_a_url_is_read_as_libpq_reads_it(tmp_path: Path, url: str, parts: object) -> None:
    assert settings_of(tmp_path, DB__URL=url).db.url.get_secret_value() == url

    read = parse_postgres_url(url)

    assert (read.hosts, read.ports, read.user, read.password, read.path) == parts


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_every_password_works_once_it_is_encoded(password: str) -> None:
    url = f"postgresql://{quote(password, safe='')}:{quote(password, safe='')}@host/app"

    read = parse_postgres_url(url)

    assert (read.user, read.password) == (password, password)


@given(st.text(st.sampled_from("/@#?%: []&=,x"), max_size=6))
def test_no_password_is_shown(rest: str) -> None:
    try:
        parse_postgres_url(f"postgresql://app:{SECRET}{rest}{SECRET}@host/app")
    except ValueError as error:
        assert SECRET not in str(error)  # noqa: PT017 - most are read


async def shown(db: Database, setting: str) -> str:
    """Return a setting of the server for this connection."""
    async with db.reading() as session:
        return str(await session.scalar(text(f"SHOW {setting}")))


WORKING = (
    ("application_name=from%20the%20URL", {"application_name": "from the URL"}),
    ("connect_timeout=7", {}),
    ("options=-c%20work_mem%3D5MB", {"work_mem": "5MB", "statement_timeout": "10s"}),
    ("options=-c%20statement_timeout%3D1s", {"statement_timeout": "10s"}),
    ("sslmode=disable", {"application_name": SERVICE.package}),
    ("sslmode=allow", {}),
    ("sslmode=prefer&ssl_min_protocol_version=TLSv1.3", {}),
    ("target_session_attrs=read-write", {}),
    ("target_session_attrs=any&connect_timeout=1&application_name=a", {"application_name": "a"}),
)


@pytest.mark.parametrize(("query", "expected"), WORKING)
async def test_names_of_libpq_work(
    workspace: Workspace, query: str, expected: Mapping[str, str]
) -> None:
    url = f"{workspace.setting('DB__URL')}?{query}"

    async with open_database(
        workspace.with_settings(DB__URL=url).settings().db, Metrics("s")
    ) as db:
        await db.ping()
        assert {name: await shown(db, name) for name in expected} == expected


@pytest.mark.parametrize("file", ["", "&sslrootcert={file}"])
async def test_tls_is_demanded_of_a_server_that_has_none(workspace: Workspace, file: str) -> None:
    query = f"sslmode=require{file.format(file=certifi.where())}"
    place = workspace.with_settings(DB__URL=f"{workspace.setting('DB__URL')}?{query}")

    async with open_database(place.settings().db, Metrics("shop")) as db:
        with pytest.raises(DatabaseUnavailable):
            await db.ping()


def rewritten(workspace: Workspace) -> Mapping[str, str]:
    """Return the URL of the tests' database in other forms."""
    parts = urlsplit(workspace.setting("DB__URL"))
    user, host, port = parts.username, parts.hostname, parts.port
    login = f"user={user}" + (f"&password={parts.password}" if parts.password else "")
    return {
        "short": f"postgres://{parts.netloc}{parts.path}",
        "arguments": f"postgresql:///?host={host}&port={port}&dbname={parts.path[1:]}&{login}",
        "several": f"postgresql://{host}:1,{host}:{port}{parts.path}?{login}",
    }


@pytest.mark.parametrize("form", ["short", "arguments", "several"])
async def test_other_forms_of_an_address_work(workspace: Workspace, form: str) -> None:
    place = workspace.with_settings(DB__URL=rewritten(workspace)[form])

    async with open_database(place.settings().db, Metrics("shop")) as db:
        await db.ping()


def test_a_database_of_the_platform_counts_if_there_is_no_other(tmp_path: Path) -> None:
    url = "postgres://app@platform/app"
    place = Workspace.in_folder(SERVICE, tmp_path).with_variables({"DATABASE_URL": url})

    assert place.settings().db.url.get_secret_value() == url
    assert place.with_settings(DB__POOL_SIZE=1).settings().db.url.get_secret_value() == url
    own = place.with_settings(DB__URL="postgresql://own").settings()
    assert own.db.url.get_secret_value() == "postgresql://own"


def test_a_wrong_url_of_the_platform_is_told_by_its_name(tmp_path: Path) -> None:
    place = Workspace.in_folder(SERVICE, tmp_path)

    said = refusal(place.with_variables({"DATABASE_URL": f"{APP}:x/app"}))

    assert said == f"DATABASE_URL, which stands for {PREFIX}DB__URL: {PORT}"


def test_reading_settings_twice_explains_twice(tmp_path: Path) -> None:
    place = Workspace.in_folder(SERVICE, tmp_path).with_settings(DB__URL=f"{APP}:x")

    for _ in range(2):
        with pytest.raises(InvalidSettings, match=PORT):
            place.settings()
