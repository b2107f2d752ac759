"""Addresses that tenants choose: what is well formed, and what may be reached."""

from __future__ import annotations

from typing import Any

import pytest

from backend.pbx.address import PbxAddress, allowed_networks, check_address, networks
from backend.pbx.errors import BadCommand, PbxNeedsPerson

GOOD = {"host": "pbx.example.com", "port": 5038, "username": "crm", "secret": "s3cret"}


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "192.0.2.1"),
        *("64:ff9b:1::7f00:1", "::7f00:1", "::ffff:0:7f00:1", "fec0::1", "100.100.100.200", "192.0.0.192"),
        *("168.63.129.16", "240.0.0.1"),
    ],
)
def test_an_address_inside_is_forbidden_unless_the_operator_allows_it(ip: str) -> None:
    with pytest.raises(PbxNeedsPerson, match="operator"):
        check_address(ip, [])


def test_a_public_address_is_fine() -> None:
    check_address("93.184.215.14", [])
    check_address("2a00:1450:4001::1", [])


def test_a_network_may_be_of_one_account_alone() -> None:
    allowed = allowed_networks("10.8.0.0/24, 31000777=192.168.1.5 31000777=10.9.0.0/16")
    check_address("10.8.0.7", allowed.of(1))
    check_address("192.168.1.5", allowed.of(31000777))
    check_address("10.9.1.1", allowed.of(31000777))
    for private in ("192.168.1.5", "10.9.1.1"):
        with pytest.raises(PbxNeedsPerson):
            check_address(private, allowed.of(31000778))
    for wrong in ("acme=10.0.0.0/8", "=10.0.0.0/8", "1=nonsense"):
        with pytest.raises(ValueError, match=r"acme|=10|nonsense"):
            allowed_networks(wrong)


def test_the_operator_allows_networks() -> None:
    allowed = networks("10.8.0.0/24, 192.168.1.5 fd12::/16")
    for ip in ("10.8.0.200", "192.168.1.5", "::ffff:10.8.0.1", "fd12::1"):
        check_address(ip, allowed)
    for ip in ("10.8.1.1", "192.168.1.6"):
        with pytest.raises(PbxNeedsPerson):
            check_address(ip, allowed)
    assert networks("") == []
    with pytest.raises(ValueError, match="nonsense"):
        networks("10.0.0.0/8, nonsense")


@pytest.mark.parametrize(
    "changes",
    [
        *({"host": host} for host in ("", "a b", "http://pbx", "pbx/x", "-x", "a" * 300, "pbx\r\n", "пбх", "a:b@c")),
        *({"port": port} for port in (0, -1, 65536)),
        *({"username": name} for name in ("", "a\r\nAction: x", "a" * 251)),
        *({"secret": secret} for secret in ("", "a\nb")),
        *({"certificate": pem} for pem in ("", "nonsense")),
    ],
)
def test_nonsense_is_no_address(changes: dict[str, Any]) -> None:
    with pytest.raises(BadCommand):
        PbxAddress(**{**GOOD, **changes})


def test_the_secret_is_not_shown() -> None:
    assert "s3cret" not in repr(PbxAddress(**GOOD))  # type: ignore[arg-type]
