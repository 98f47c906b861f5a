"""Who sent a request that came through proxies: `X-Forwarded-For`, as far as it can be trusted."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from hotpath.settings import ServerSettings

UNIX_PEER = "unix"
"""Instead of an address: whoever connects by a Unix socket has none."""

MAPPED = "::ffff:"
"""Before an address of IPv4, where a socket takes IPv6 and IPv4."""

_MAX_REMEMBERED = 4096
_MAX_HOPS = 32


class TrustedProxies:
    """The proxies in front of a service: what they say of their clients is believed."""

    def __init__(
        self, networks: Iterable[IPv4Network | IPv6Network], *, is_unix_trusted: bool = False
    ) -> None:
        self._networks = tuple(networks)
        self._is_unix_trusted = is_unix_trusted
        self._judge: Callable[[str], tuple[str, bool]] = lru_cache(_MAX_REMEMBERED)(self._judged)

    def client(self, peer: str, forwarded: str) -> str:
        """Return the address of the client: the last one that is no trusted proxy.

        Args:
            peer: The address that the connection came from.
            forwarded: `X-Forwarded-For`, all lines of it, in their order, with commas between them.
        """
        client, is_trusted = self._judge_peer(peer)
        for hop in reversed(forwarded.split(",")[-_MAX_HOPS:]):
            if not is_trusted:
                break
            address, is_trusted = self._judge(hop.strip())
            client = address or client  # what is no address is not believed
        return client

    def trusts(self, peer: str) -> bool:
        """Tell whether what a peer says of its clients is believed."""
        return self._judge_peer(peer)[1]

    def _judge_peer(self, peer: str) -> tuple[str, bool]:
        return (peer, self._is_unix_trusted) if peer == UNIX_PEER else self._judge(peer)

    def _judged(self, text: str) -> tuple[str, bool]:
        """Return the address in a text, empty if there is none, and whether it is trusted."""
        try:
            address = ip_address(_without_port(text))
        except ValueError:
            return "", False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return str(address), any(address in network for network in self._networks)


def forwarded_scheme(proto: str, default: str) -> str:
    """Return the scheme that `X-Forwarded-Proto` names last, by the proxy that is next to us."""
    last = proto.rpartition(",")[2].strip().lower()
    return last if last in ("http", "https") else default


def trusted_proxies(settings: ServerSettings) -> TrustedProxies | None:
    """Return those of the settings, or None if there are none: then the peer is the client."""
    is_unix_trusted = settings.is_unix_trusted and bool(settings.uds)
    networks = settings.trusted_networks
    if not networks and not is_unix_trusted:
        return None
    return TrustedProxies(networks, is_unix_trusted=is_unix_trusted)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
