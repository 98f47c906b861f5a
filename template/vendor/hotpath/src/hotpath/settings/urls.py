"""URLs of servers in settings, parsed whole. No message shows a URL, which may have a password."""

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)(/[^?#]*)?(?:\?([^#]*))?(#.*)?")
_HOST = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]*))?")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_NOT_PRINTED = re.compile(r"[\x00-\x20\x7f]")
_MAX_PORT = 65_535

ENCODE = (
    "in a user and a password percent-encode what has a meaning in URLs: "
    "% as %25, / as %2F, @ as %40, # as %23, ? as %3F, a space as %20"
)

_TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SERVERS = ("any", "primary", "standby", "read-write", "read-only", "prefer-standby")
_CHOICES: Mapping[str, Sequence[str]] = {
    "sslmode": _TLS_MODES,
    "target_session_attrs": _SERVERS,
    "ssl_min_protocol_version": ("TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1.2", "TLSv1.3"),
    "ssl_cert_reqs": ("none", "optional", "required"),
}
_FILES = frozenset({"sslrootcert", "sslcert", "sslkey", "passfile", "ssl_ca_certs"})
_ADDRESS = frozenset({"host", "port", "dbname", "user", "password"})
_POSTGRES = frozenset(
    {"application_name", "connect_timeout", "options", "passfile", "sslcert", "sslkey"}
    | {"sslmode", "sslrootcert", "target_session_attrs"}
    | {"ssl_min_protocol_version", "ssl_max_protocol_version"}
)
"""libpq's names that both drivers know, or that can be told to both."""

_REDIS_TLS = frozenset({"ssl_cert_reqs", "ssl_ca_certs"})


@dataclass(frozen=True)
class ServerUrl:
    """The parts of a URL, percent-decoded."""

    scheme: str
    user: str | None
    password: str | None = field(repr=False)
    hosts: Sequence[str]
    """Names, addresses, folders of sockets; none for the default of the driver."""

    ports: Sequence[int | None]
    """As many as hosts, or one if there is no host."""

    path: str
    """Without its first slash."""

    arguments: Mapping[str, str]
    """What stands after the `?`."""


def has_valid_address(url: str) -> bool:
    """Tell whether host and port can be read: an IPv6 host in brackets, a port from 1 to 65535."""
    try:
        parts = urlsplit(url)
        return parts.port != 0
    except ValueError:  # its message may show the password
        return False


def parse_url(text: str, schemes: Sequence[str]) -> ServerUrl:
    """Return the parts of a URL with one of these schemes.

    Raises:
        ValueError: says what is allowed, in words that show nothing of the URL.
    """
    found = _URL.fullmatch(text)
    if not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ValueError(f"must start with {' or '.join(f'{each}://' for each in schemes)}")
    if found is None or _NOT_PRINTED.search(text) or _BAD_PERCENT.search(text):
        raise ValueError(f"no space, control character or lone % is allowed: {ENCODE}")
    scheme, authority, path, query, fragment = (each or "" for each in found.groups())
    if authority.count("@") > 1 or "@" in f"{path}{query}{fragment}" or fragment:
        raise ValueError(ENCODE)
    credentials, at, address = authority.rpartition("@")
    user, colon, password = credentials.partition(":")
    hosts, ports = _addresses(address)
    return ServerUrl(
        scheme,
        _decoded(user) if at and user else None,
        _decoded(password) if colon else None,
        hosts,
        ports,
        _decoded(path.removeprefix("/")),
        _arguments(query),
    )


def parse_postgres_url(text: str) -> ServerUrl:
    """Return the parts of a URL of PostgreSQL as libpq reads it; `path` is the database.

    Raises:
        ValueError: as `parse_url`; arguments that one of the drivers does not know are refused.
    """
    url = parse_url(text, ("postgresql", "postgres"))
    _check_arguments(url.arguments, _POSTGRES | _ADDRESS)
    mode = url.arguments.get("sslmode", "")
    if mode.startswith("verify") and not _has_root_certificate(url.arguments):
        raise ValueError(f"sslmode={mode} needs sslrootcert, a file with certificates to trust")
    limit = url.arguments.get("connect_timeout", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,3}", limit):
        raise ValueError("connect_timeout must be a number of seconds from 1 to 9999")
    hosts, ports = _addresses_of(url)
    return ServerUrl(
        url.scheme,
        url.arguments.get("user", url.user),
        url.arguments.get("password", url.password),
        hosts,
        ports,
        url.arguments.get("dbname", url.path),
        {name: value for name, value in url.arguments.items() if name not in _ADDRESS},
    )


def parse_redis_url(text: str, schemes: Sequence[str]) -> ServerUrl:
    """Return the parts of a URL of Redis or Valkey; `path` is the database's number, or a socket.

    Raises:
        ValueError: as `parse_url`; there is one server, and what would be ignored is refused.
    """
    url = parse_url(text, schemes)
    if url.scheme == "unix":
        form, number = "unix:///path or unix:///path?db=number", url.arguments.get("db", "0")
        is_one = bool(url.path) and not url.hosts and not url.ports
    else:
        form, number = f"{url.scheme}://[[user]:password@]host:port/number", url.path or "0"
        is_one = len(url.hosts) <= 1
    allowed = {"unix": {"db"}, "rediss": _REDIS_TLS}.get(url.scheme, set())
    _check_arguments(url.arguments, allowed)
    if not is_one or not re.fullmatch(r"[0-9]{1,5}", number):
        raise ValueError(f"must be {form}, of one server and a database")
    return url


def check_sqlite_url(text: str) -> None:
    """Raise `ValueError` unless the URL names a file that is there, or can be made."""
    prefix = "sqlite:///"
    if not text.startswith(prefix):
        raise ValueError(f"must start with {prefix}")
    name = text.removeprefix(prefix)
    if not name or name.startswith(":") or re.search(r"[?#\x00-\x1f]", name):
        raise ValueError(f"must be {prefix} and the path of a file, without ? and #")
    if os.path.isdir(name):  # noqa: PTH112 - `Path` raises where a name is too long
        raise ValueError("is a folder: it must name a file")
    if not os.path.isdir(str(Path(name).parent)):  # noqa: PTH112 - as above
        raise ValueError("the folder of its file does not exist")


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("what is percent-encoded must be UTF-8, such as %C3%BC for ü") from None


def _addresses(text: str) -> tuple[list[str], list[int | None]]:
    """Return the hosts and ports of `host:port`, or of several with commas between them."""
    if not text:
        return [], []
    pairs = [_address(each) for each in text.split(",")]
    if len(pairs) == 1 and not pairs[0][0]:
        return [], [pairs[0][1]]
    if not all(host for host, _ in pairs):
        raise ValueError("its hosts must be names or addresses with commas between them")
    return [host for host, _ in pairs], [port for _, port in pairs]


def _address(text: str) -> tuple[str, int | None]:
    found = _HOST.fullmatch(text)
    if found is None:
        if re.fullmatch(r"[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*", text):
            raise ValueError("an IPv6 address stands in brackets, [::1], and before a port")
        raise ValueError(f"its port must be a number from 1 to {_MAX_PORT}")
    host = _decoded(found[1])
    if host.startswith("["):
        host = host[1:-1]
        _check(host, IPv6Address, "what is in brackets must be an IPv6 address")
    return _checked_host(host), _port(found[2])


def _checked_host(host: str) -> str:
    if not host.startswith("/"):  # a folder of sockets
        _check(host, lambda name: name.encode("idna"), "its host is neither a name nor an address")
    return host


def _check(value: str, parse: Callable[[str], Any], sentence: str) -> None:
    try:
        parse(value)
    except ValueError:
        raise ValueError(sentence) from None


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if len(text) > len(str(_MAX_PORT)) or not 1 <= int(text) <= _MAX_PORT:
        raise ValueError(f"its port must be a number from 1 to {_MAX_PORT}")
    return int(text)


def _addresses_of(url: ServerUrl) -> tuple[Sequence[str], Sequence[int | None]]:
    """Return hosts and ports, those among the arguments before those of the address."""
    hosts, ports = url.hosts, url.ports
    if "host" in url.arguments:
        hosts = [_checked_host(each) for each in url.arguments["host"].split(",")]
        if not all(hosts):
            raise ValueError("its hosts must be names or addresses with commas between them")
        ports = ports or [None]
    if "port" in url.arguments:
        texts = url.arguments["port"].split(",")
        if not all(re.fullmatch("[0-9]+", each) for each in texts):
            raise ValueError(f"its port must be a number from 1 to {_MAX_PORT}")
        ports = [_port(each) for each in texts]
    if len(ports) == 1 and hosts:
        ports = [*ports] * len(hosts)
    if len(ports) > 1 and len(ports) != len(hosts):
        raise ValueError("must have one port, or as many as hosts")
    return hosts, ports


def _arguments(query: str) -> dict[str, str]:
    """Return `name=value&…` as libpq reads it: a + is a +."""
    pairs = [each.partition("=") for each in query.split("&") if each]
    if not all(name and equals for name, equals, _ in pairs):
        raise ValueError("after the ? must be name=value, with & between them")
    return {_decoded(name): _decoded(value) for name, _, value in pairs}


def _check_arguments(arguments: Mapping[str, str], allowed: Collection[str]) -> None:
    unknown = sorted(arguments.keys() - allowed)
    if unknown:
        names = f"only {', '.join(sorted(allowed))}" if allowed else "nothing"
        raise ValueError(f"after the ? {names} may stand, not {unknown[0][:63]!a}")
    for name, value in arguments.items():
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ValueError(f"{name} must be one of {', '.join(_CHOICES[name])}")
        if name in _FILES and not _is_readable(value):
            raise ValueError(f"{name} must be a file that can be read")


def _has_root_certificate(arguments: Mapping[str, str]) -> bool:
    if "sslrootcert" in arguments or os.environ.get("PGSSLROOTCERT"):
        return True
    return _is_readable(os.path.expanduser("~/.postgresql/root.crt"))  # noqa: PTH111 - never raises


def _is_readable(name: str) -> bool:
    is_file = os.path.isfile(name)  # noqa: PTH113 - `Path` raises where a name is too long
    return is_file and os.access(name, os.R_OK)
