"""What goes wrong is sorted by who must act; nothing is repeated that may have been done."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from backend.amocrm import client as sending
from backend.amocrm import models, outcome, requests
from backend.amocrm.client import Access, ApiClient
from backend.amocrm.errors import Need, NeedsPerson, Rejected, TryLater, Unclear, Unexplained
from backend.amocrm.hosts import Hosts
from backend.amocrm.outcome import Reply
from backend.amocrm.requests import Request
from sandbox.crm.faults import Kind
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm

from .conftest import Source

READ = requests.account()
WRITE = requests.add_contacts([models.contact(name="Иван", phone="+79161234567")])


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.5)


@pytest.mark.parametrize(
    ("status", "request_", "error"),
    [
        (429, READ, TryLater), (429, WRITE, TryLater),
        (503, READ, TryLater), (503, WRITE, Unclear),
        (500, READ, TryLater), (500, WRITE, Unclear),
        (502, READ, TryLater), (502, WRITE, Unclear),
        (504, READ, TryLater), (504, WRITE, Unclear),
        (400, WRITE, Unexplained), (405, READ, Unexplained), (401, READ, TryLater),
    ],
)  # fmt: skip
def test_statuses_are_sorted(
    crm: Crm, client: ApiClient, status: int, request_: Request, error: type[Exception]
) -> None:
    crm.spoil(Kind.STATUS, status=status)
    with pytest.raises(error) as raised:
        client.send(request_)
    assert raised.value.status == status  # type: ignore[attr-defined]
    assert raised.value.trace  # type: ignore[attr-defined]


@pytest.mark.parametrize(("status", "need"), [(402, Need.UNPAID), (403, Need.RIGHTS)])
def test_what_needs_a_person_is_told_to_the_account(
    crm: Crm, client: ApiClient, source: Source, status: int, need: Need
) -> None:
    crm.spoil(Kind.STATUS, "/contacts", status=status)
    with pytest.raises(NeedsPerson) as refusal:
        client.send(WRITE)
    assert refusal.value.need is need
    assert source.refusals == [need]


def test_a_403_on_everything_is_a_ban(crm: Crm, client: ApiClient, source: Source) -> None:
    """Not a right that lacks here and there: one question that everybody may ask tells."""
    crm.spoil(Kind.STATUS, status=403)
    with pytest.raises(NeedsPerson) as refusal:
        client.send(WRITE)
    assert refusal.value.need is Need.BLOCKED
    assert source.refusals == [Need.BLOCKED]


def test_whom_amocrm_has_let_in_lately_is_not_banned(crm: Crm, client: ApiClient, source: Source) -> None:
    client.send(READ)
    crm.spoil(Kind.STATUS, "/contacts", status=403)
    asked = len(crm.requests())
    with pytest.raises(NeedsPerson) as refusal:
        client.send(WRITE)
    assert (refusal.value.need, len(crm.requests())) == (Need.RIGHTS, asked + 1)


def test_a_page_of_html_instead_of_a_403_is_a_ban(crm: Crm, client: ApiClient, source: Source) -> None:
    crm.spoil(Kind.BLOCKED)
    with pytest.raises(NeedsPerson):
        client.send(READ)
    assert source.refusals == [Need.BLOCKED]


def test_how_long_to_wait_is_amocrms_to_say(crm: Crm, client: ApiClient) -> None:
    crm.spoil(Kind.TOO_MANY, retry_after=17)
    with pytest.raises(TryLater) as later:
        client.send(READ)
    assert later.value.retry_after == 17


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("5", b"", 5.0), ("", b'{"retry_after": 300}', 300.0), ("", b'{"retry_after": "7"}', 7.0),
        ("", b"<html>", None), ("Wed, 21 Oct 2026 07:28:00 GMT", b"", None), ("-1", b"", None),
        ("99999999", b"", outcome.LONGEST_WAIT), ("", b"[]", None), ("", b'{"retry_after": null}', None),
    ],
)  # fmt: skip
def test_a_wait_is_read_wherever_it_stands(header: str, body: bytes, seconds: float | None) -> None:
    assert outcome.retry_after(Reply(status=429, body=body, retry_after=header)) == seconds


def test_an_expired_token_is_renewed_once_and_the_request_repeated_once(
    client: ApiClient, source: Source, acme: AccountHandle
) -> None:
    acme.revoke_tokens()
    assert client.send(READ)["id"] == acme.id
    assert source.renewals == 1
    assert source.refusals == []


def test_a_write_whose_answer_was_lost_is_unclear_and_not_repeated(
    crm: Crm, client: ApiClient, acme: AccountHandle
) -> None:
    crm.spoil(Kind.CUT, method="POST", after_write=True)
    with pytest.raises(Unclear):
        client.send(WRITE)
    assert len(acme.contacts) == 1


def test_a_read_whose_answer_was_lost_is_just_asked_again_later(crm: Crm, client: ApiClient) -> None:
    crm.spoil(Kind.CUT)
    with pytest.raises(TryLater):
        client.send(READ)


def test_an_endlessly_slow_answer_is_given_up(crm: Crm, client: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.05)
    crm.spoil(Kind.SLOW, seconds=0.3, count=1)
    with pytest.raises(Unclear):
        client.send(WRITE)


def test_nobody_there_means_nothing_was_done(source: Source, unused_port: int) -> None:
    source.access = Access(host=f"acme.localhost:{unused_port}", token="t")
    client = ApiClient(source, hosts=Hosts(sandbox=f"localhost:{unused_port}"))
    with pytest.raises(TryLater):
        client.send(WRITE)
    client.close()


@pytest.fixture
def unused_port() -> Iterator[int]:
    """Bound, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_broken_body_is_no_answer(crm: Crm, client: ApiClient) -> None:
    crm.spoil(Kind.MALFORMED)
    with pytest.raises(TryLater):
        client.send(READ)
    with pytest.raises(Unclear):
        client.send(WRITE)


def test_an_endless_answer_is_cut(crm: Crm, client: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LARGEST_ANSWER", 100)
    with pytest.raises(TryLater):
        client.send(READ)


def test_nothing_there_is_none(client: ApiClient) -> None:
    assert client.send(requests.lead(1)) is None
    assert client.send(requests.contacts_with("9990000000")) is None
    assert client.send(requests.unsorted_record("deadbeef")) is None


def test_a_refusal_names_field_and_reason(client: ApiClient) -> None:
    nobody = models.contact(name="Иван", phone="+79161234567", responsible=1)
    with pytest.raises(Rejected, match="responsible_user_id: NotSupportedChoice") as refusal:
        client.send(requests.add_contacts([nobody]))
    assert refusal.value.concerns("responsible_user_id")
    assert not refusal.value.concerns("name")


def test_a_renamed_account_is_found_on_the_way(client: ApiClient, acme: AccountHandle) -> None:
    acme.rename("acme-new")
    assert client.send(READ)["subdomain"] == "acme-new"


def test_the_token_goes_to_no_redirect(crm: Crm, client: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    redirect = Reply(status=302, body=b"")
    assert outcome.may_be_elsewhere(redirect)
    with pytest.raises(TryLater):
        outcome.result(READ, redirect)


def test_every_request_is_paced_and_seen(crm: Crm, source: Source, acme: AccountHandle) -> None:
    paced: list[None] = []
    seen: list[tuple[str, int]] = []
    client = ApiClient(
        source,
        hosts=Hosts(sandbox=crm.domain),
        pace=lambda: paced.append(None),
        seen=lambda request, status: seen.append((request.path, status)),
    )
    acme.revoke_tokens()
    client.send(READ)
    client.close()
    assert len(paced) == 2
    assert seen == [("/api/v4/account", 401), ("/api/v4/account", 200)]


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("acme.amocrm.ru", True), ("acme.amocrm.com", True), ("acme.kommo.com", True), ("a-1.amocrm.ru", True),
        ("acme.localhost:8400", True), ("ACME.amocrm.ru", False), ("amocrm.ru", False), (".amocrm.ru", False),
        ("a.b.amocrm.ru", False), ("acme.amocrm.ru.evil.example", False), ("acme.amocrm.ru/", False),
        ("evil.example#.amocrm.ru", False), ("acme.amocrm.ru\n", False), ("acme.amocrm.ru:443", False),
        ("acme.localhost", False), ("a.b.localhost:8400", False), ("evil.example", False), ("", False),
    ],
)  # fmt: skip
def test_only_amocrms_hosts_are_believed(host: str, allowed: bool) -> None:
    hosts = Hosts(sandbox="localhost:8400")
    assert hosts.allows(host) is allowed
    if not allowed:
        with pytest.raises(ValueError, match="not an amoCRM host"):
            hosts.origin(host)


def test_the_scheme_is_decided_in_one_place() -> None:
    hosts = Hosts(sandbox=".localhost:8400")
    assert hosts.origin("acme.amocrm.ru") == "https://acme.amocrm.ru"
    assert hosts.origin("acme.localhost:8400") == "http://acme.localhost:8400"
    assert not Hosts().allows("acme.localhost:8400")
    assert hosts.allows_origin("https://acme.amocrm.ru")
    assert not hosts.allows_origin("http://acme.amocrm.ru")
    assert not hosts.allows_origin("https://acme.localhost:8400")
