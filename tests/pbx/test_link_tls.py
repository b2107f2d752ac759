"""TLS: which certificates are trusted."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.pbx.address import _is_for
from backend.pbx.link.link import LinkState

from .fake_ami import FakeAmi, linked, running, story


class Certificate:
    """Made out to `names`, signed by `by` or by itself."""

    def __init__(self, *names: str, by: Certificate | None = None, days: int = 1) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        alternatives = [x509.IPAddress(ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(
            issuer_name=(by or self).name,
            subject_name=self.name,
            public_key=self.key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - timedelta(days=10),
            not_valid_after=now + timedelta(days=days),
        )
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        made = builder.sign((by or self).key, hashes.SHA256())
        self.pem = made.public_bytes(serialization.Encoding.PEM).decode()

    def server(self, folder: Path) -> ssl.SSLContext:
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / "pem").write_text(key.decode() + self.pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "pem")
        return context


@story
async def test_a_pinned_certificate_is_trusted_whatever_its_name(tmp_path: Path) -> None:
    own = Certificate("freepbx.local")
    async with FakeAmi(own.server(tmp_path)) as pbx, linked(pbx, tls=True, certificate=own.pem) as (link, _):
        assert link.state is LinkState.UP
        pbx.hang_up()


@story
async def test_a_pinned_certificate_signed_by_another_is_trusted(tmp_path: Path) -> None:
    leaf = Certificate("freepbx.local", by=Certificate("office"))
    async with FakeAmi(leaf.server(tmp_path)) as pbx, linked(pbx, tls=True, certificate=leaf.pem):
        pass


@story
async def test_a_certificate_signed_by_the_given_authority_must_have_the_name(tmp_path: Path) -> None:
    authority = Certificate("office")
    for name, state in (("127.0.0.1", LinkState.UP), ("other.example.com", LinkState.REFUSED)):
        leaf = Certificate(name, by=authority)
        async with FakeAmi(leaf.server(tmp_path)) as pbx:
            async with running(pbx.address(tls=True, certificate=authority.pem)) as (_, ear):
                await ear.enters(state)
            if state is LinkState.REFUSED:
                assert f"is for {name}, not for 127.0.0.1" in ear.states[1][1]
                assert pbx.told == []  # the password was not sent


@pytest.mark.parametrize("given", [None, "another"])
def test_an_unknown_certificate_needs_a_person(tmp_path: Path, given: str | None) -> None:
    @story
    async def told() -> None:
        pem = given and Certificate("127.0.0.1").pem
        async with FakeAmi(Certificate("127.0.0.1").server(tmp_path)) as pbx:
            async with running(pbx.address(tls=True, certificate=pem)) as (_, ear):
                assert "certificate is not trusted" in await ear.enters(LinkState.REFUSED)
            assert pbx.told == []

    told()


@story
async def test_an_expired_certificate_needs_a_person(tmp_path: Path) -> None:
    old = Certificate("127.0.0.1", days=-1)
    async with FakeAmi(old.server(tmp_path)) as pbx, running(pbx.address(tls=True, certificate=old.pem)) as (_, ear):
        assert "expired" in await ear.enters(LinkState.REFUSED)


@story
async def test_without_verification_any_certificate_will_do(tmp_path: Path) -> None:
    own = Certificate("x.example.com")
    async with FakeAmi(own.server(tmp_path)) as pbx, linked(pbx, tls=True, verify=False):
        pass


@story
async def test_tls_where_there_is_none_is_tried_again() -> None:
    async with FakeAmi() as pbx, running(pbx.address(tls=True)) as (_, ear):
        assert await ear.enters(LinkState.WAITING, times=2)


@pytest.mark.parametrize(
    ("name", "host", "covers"),
    [
        ("pbx.example.com", "PBX.example.com", True),
        ("*.example.com", "pbx.example.com", True),
        ("*.example.com", "a.pbx.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.com", "example.com", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("pbx.example.com", "example.com", False),
    ],
)
def test_which_names_cover_a_host(name: str, host: str, covers: bool) -> None:
    assert _is_for(name, host) is covers
