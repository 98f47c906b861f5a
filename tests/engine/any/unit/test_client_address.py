"""Who the client is, by what trusted proxies say."""

from ipaddress import ip_network

import pytest
from hotpath.observability.client_address import UNIX_PEER, TrustedProxies, trusted_proxies
from hotpath.settings import WsgiServerSettings

PROXIES = TrustedProxies(map(ip_network, ("10.0.0.0/8", "2001:db8::/32")))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.1", "198.51.100.1", "203.0.113.1"),  # the peer is no proxy of ours
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.1", "203.0.113.1"),  # what the client wrote itself
        ("10.0.0.1", "203.0.113.1, 10.0.0.2", "203.0.113.1"),
        ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", '203.0.113.1, x"\n', "10.0.0.1"),
        ("10.0.0.1", "203.0.113.1:4711", "203.0.113.1"),
        ("2001:db8::1", "[2001:4860::8]:80", "2001:4860::8"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", ",".join(["10.0.0.2"] * 100_000), "10.0.0.2"),
    ],
)
def test_the_client_is_the_last_one_that_is_no_trusted_proxy(
    peer: str, forwarded: str, client: str
) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_without_proxies_nothing_is_looked_up() -> None:
    assert trusted_proxies(WsgiServerSettings()) is None


@pytest.mark.parametrize(
    ("trusted", "uds", "client"),
    [
        ("unix", "/run/shop.sock", "203.0.113.1"),
        ("10.0.0.0/8", "/run/shop.sock", UNIX_PEER),
        ("unix, 10.0.0.0/8", "", UNIX_PEER),  # there is no such socket
    ],
)
def test_whoever_connects_by_a_unix_socket_is_trusted_by_name(
    trusted: str, uds: str, client: str
) -> None:
    proxies = trusted_proxies(WsgiServerSettings(trusted_proxies=trusted, uds=uds))

    assert proxies is not None
    assert proxies.client(UNIX_PEER, "203.0.113.1") == client
    assert proxies.trusts(UNIX_PEER) == (client != UNIX_PEER)


def test_a_socket_that_is_not_there_is_no_proxy() -> None:
    assert trusted_proxies(WsgiServerSettings(trusted_proxies="unix")) is None
