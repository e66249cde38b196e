"""Which addresses are public: everything that only we could reach is not."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.addresses import is_public

PRIVATE = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "169.254.0.1"),
    *("192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "100::1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::"),
    *("2001::1", "5f00::1"),
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "114.114.114.114", "223.5.5.5", "2400:3200::1", "2606:4700::1111"),
    *("::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_only_we_can_reach_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_however_it_is_wrapped(address: IPv4Address) -> None:
    number = int(address)
    wrapped = (
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
    )
    assert {is_public(one) for one in wrapped} == {is_public(address)}
    assert not is_public(IPv6Address(number)), "an IPv4-compatible address leads nowhere today"
