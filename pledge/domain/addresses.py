"""Which addresses of the network are public ones: whoever is told to post somewhere asks here.

The registries of special addresses are IANA's (RFC 6890), as `ipaddress` knows them.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_UNICAST = IPv6Network("2000::/3")
"""All that is given out of IPv6; the rest is special or reserved (RFC 4291, 2.4)."""
_NAT64 = IPv6Network("64:ff9b::/96")
"""Leads to the IPv4 address in its last four bytes (RFC 6052)."""

_SERVICES_OF_CLOUDS = frozenset({IPv4Address("168.63.129.16")})
"""Public by its number alone: where a machine at Azure asks about itself. Those of other clouds
are link-local or shared addresses."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the Internet, also where it is wrapped in one of IPv6."""
    if isinstance(address, IPv4Address):
        return (
            address.is_global
            and not address.is_multicast
            and not address.is_reserved
            and address not in _SERVICES_OF_CLOUDS
        )
    if wrapped := _wrapped(address):
        return is_public(wrapped)
    return address in _UNICAST and address.is_global and not address.is_multicast


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The address of IPv4 that one of IPv6 leads to."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
