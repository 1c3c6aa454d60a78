"""Where a request came from, when reverse proxies stand in between."""

import pytest

from neucobench.errors import InputError
from neucobench.server.accounts.origin import check_proxies, origin


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        ((), "198.51.100.9", "192.0.2.7", "198.51.100.9"),
        (("10.0.0.1",), "198.51.100.9", "192.0.2.7", "198.51.100.9"),
        (("10.0.0.1",), "10.0.0.1", "", "10.0.0.1"),
        (("10.0.0.1",), "10.0.0.1", "192.0.2.7", "192.0.2.7"),
        (("10.0.0.1",), "10.0.0.1", "127.0.0.1, 192.0.2.7", "192.0.2.7"),
        (("10.0.0.1", "10.0.0.2"), "10.0.0.1", "192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (("10.0.0.1",), "10.0.0.1", "2001:DB8::1", "2001:db8::1"),
        (("10.0.0.1",), "::ffff:10.0.0.1", "192.0.2.7", "192.0.2.7"),
        (("10.0.0.0/8", "::1"), "10.9.0.1", "192.0.2.7", "192.0.2.7"),
        ((), "no address", "192.0.2.7", "unknown"),
        (("10.0.0.1",), "10.0.0.1", "192.0.2.7, <nonsense>", "10.0.0.1"),
    ],
)
def test_only_known_proxies_are_believed(proxies, peer, forwarded, address):
    assert origin(peer, [forwarded], proxies=check_proxies(proxies)) == address


def test_several_headers_are_read_as_one():
    found = origin("::1", ["192.0.2.7, 192.0.2.8", "192.0.2.9"], proxies=["::1"])
    assert found == "192.0.2.9"


def test_a_proxy_that_is_no_address_is_refused():
    with pytest.raises(InputError, match="'nginx' is no address of a proxy"):
        check_proxies(["127.0.0.1", "nginx"])
