"""Where a request came from, when reverse proxies stand in between."""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from neucobench.errors import InputError

UNKNOWN = "unknown"


def check_proxies(proxies: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses of proxies, each one address or a network.

    Raises:
        InputError: when one is neither.
    """
    for proxy in proxies:
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError as error:
            raise InputError(
                f"{proxy!r} is no address of a proxy; an address such as 127.0.0.1 or "
                "a network such as 10.0.0.0/8 is. Give what the proxy comes from."
            ) from error
    return tuple(proxies)


def origin(peer: str, forwarded: Sequence[str], *, proxies: Sequence[str]) -> str:
    """Return the address that a request came from.

    Each proxy adds the address it was asked from at the end of the header. Read from
    there, the first that is no proxy of ours is the visitor; what stands before it
    the visitor may have written.

    Args:
        peer: who is at the other end of the connection.
        forwarded: the values of the headers ``X-Forwarded-For``.
        proxies: whose word is taken, from ``check_proxies``.
    """
    found = _address(peer)
    for hop in reversed(",".join(forwarded).split(",")):
        known = _address(hop)
        if found is None or known is None or not _is_among(found, proxies):
            break
        found = known
    return str(found or UNKNOWN)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    # What listens to both families sees IPv4 as a part of IPv6.
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _is_among(address: IPv4Address | IPv6Address, proxies: Sequence[str]) -> bool:
    return any(address in ipaddress.ip_network(one, strict=False) for one in proxies)
