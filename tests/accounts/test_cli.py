"""`python -m backend account …` as a person types it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet

from backend.cli import account as cli_account
from backend.config import Settings
from backend.store import accounts, tokens
from backend.store.accounts import AccountState
from backend.store.settings import settings
from sandbox.crm import grants
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm

from .conftest import MakeApp, fresh, host_of

Two = tuple[AccountHandle, AccountHandle]
Type = Callable[..., tuple[int, str, str]]


@pytest.fixture
def account(
    ours: Settings, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Type:
    """Runs the command; its exit status, what it said, and what it complained of."""
    changed: dict[str, object] = {}

    def run(*arguments: object, stdin: str = "", **environment: object) -> tuple[int, str, str]:
        changed.update(environment)
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        status = cli_account.main([str(each) for each in arguments])
        said = capsys.readouterr()
        fresh()
        return status, said.out, said.err

    monkeypatch.setattr("backend.logs.configure", lambda log_format: None)
    monkeypatch.setattr(cli_account, "load_settings", lambda: ours)
    monkeypatch.setattr(cli_account, "create_app", lambda settings: make_app(**changed))
    return run


def test_list_names_every_account_with_its_state(connected: Two, account: Type) -> None:
    acme, beta = connected
    acme.disable()
    _, said, _ = account("list")
    assert said.splitlines() == [
        f"{acme.id}\t{host_of(acme)}\tdisabled\tООО Акме",
        f"{beta.id}\t{host_of(beta)}\tconnected\tООО Бета",
    ]


def test_show_tells_all_but_secrets(connected: Two, account: Type) -> None:
    acme, _ = connected
    account("set", acme.id, "pbx.host=10.0.0.5", "pbx.username=station", "pbx.secret=-", stdin="Gh7-secret\n")
    status, said, _ = account("show", acme.id)
    told = json.loads(said)
    assert (status, told["state"], told["pbx"]["host"], told["settings"]["country"]) == (
        0,
        "connected",
        "10.0.0.5",
        "RU",
    )
    stored = tokens.read(acme.id)
    assert stored is not None
    for secret in ("Gh7-secret", stored.access, stored.refresh or ""):
        assert secret not in said


def test_set_changes_one_account(connected: Two, account: Type) -> None:
    acme, beta = connected
    anna, boris = (user["id"] for user in acme.users)
    pairs = [
        "country=KZ", "trunks=^PJSIP/trunk-[0-9]{1,3}", f"missed_to={anna},{boris}", "popup_on_ringing=false",
        "no_lead_numbers=+7 495 111-22-33,+7 495 111-22-34", f"default_employee={anna}", "lead_name=100 {phone}",
    ]  # fmt: skip
    assert account("set", acme.id, *pairs)[0] == 0
    rules = settings.rules(acme.id)
    assert (rules.country, rules.missed_to, rules.popup_on_ringing) == ("KZ", (anna, boris), False)
    assert (rules.default_employee, rules.lead_name, len(rules.no_lead_numbers)) == (anna, "100 {phone}", 2)
    assert settings.read(acme.id).trunks == ("^PJSIP/trunk-[0-9]{1,3}",)
    assert settings.rules(beta.id).country == "RU"
    assert account("set", acme.id, "country=", "trunks=")[0] == 0
    assert (settings.read(acme.id).country, settings.read(acme.id).trunks) == ("RU", ())


@pytest.mark.parametrize(
    ("pair", "complaint"),
    [
        ("colour=red", "settings.colour: there is no such setting"),
        ("missed_to=7", "settings.missed_to.0: the account has no active user 7"),
        ("missed_to=Анна", "settings.missed_to.0: must be a whole number"),
        ("trunks=(?!a)b", "settings.trunks.0: is not a regular expression"),
        ("pbx.port=99999", "pbx.port: at most 65535"),
        ("pbx.host=10.0.0.5", "pbx.username: is required"),
        ("country", "'country' is not KEY=VALUE"),
    ],
)
def test_nonsense_is_refused_with_its_reason(connected: Two, account: Type, pair: str, complaint: str) -> None:
    acme, _ = connected
    status, said, complained = account("set", acme.id, pair)
    assert (status, said) == (1, "")
    assert complaint in complained
    assert settings.read(acme.id).model_fields_set <= {"country", "language", "zone"}


@pytest.mark.parametrize("typed", ["9" * 19, "x", "-5", "٣", ""], ids=repr)
def test_an_account_that_cannot_be_is_refused(account: Type, capsys: pytest.CaptureFixture[str], typed: str) -> None:
    with pytest.raises(SystemExit):
        account("show", typed)
    assert "is no account's id" in capsys.readouterr().err


def test_employees_are_listed_and_mapped(connected: Two, account: Type) -> None:
    acme, beta = connected
    anna, boris = (user["id"] for user in acme.users)
    acme.add_user("Вера Новая")
    assert account("sync", acme.id)[0] == 0
    status, said, _ = account("employees", acme.id, f"{anna}=101,102", f"{boris}=103")
    assert status == 0
    assert [line.split("\t")[1:3] for line in said.splitlines()] == [
        ["Анна Петрова", "101,102"], ["Борис Иванов", "103"], ["Вера Новая", "-"],
    ]  # fmt: skip
    account("employees", acme.id, f"{boris}=")
    assert [each.extensions for each in settings.rules(acme.id).employees] == [("101", "102"), (), ()]
    assert all(not each.extensions for each in settings.rules(beta.id).employees)
    status, _, complained = account("employees", acme.id, f"{boris}=101")
    assert (status, "is given twice: 101" in complained) == (1, True)


def test_add_with_a_code(app: object, account: Type, crm: Crm, acme: AccountHandle, ours: Settings) -> None:
    crm.integrate(ours.redirect_uri)
    world = crm.parts.world
    (integration,) = world.integrations.values()
    code = grants.give_code(world, world.accounts[acme.id], integration, acme.users[0]["id"])
    assert account("add", host_of(acme), "--code", code)[1].splitlines()[-1] == str(acme.id)
    status, _, complained = account("add", host_of(acme), "--code", code)
    assert (status, "has been revoked" in complained) == (1, True)


def test_add_with_a_long_lived_token(app: object, account: Type, acme: AccountHandle) -> None:
    token = acme.tokens()["access_token"]
    status, said, complained = account("add", host_of(acme), "--token", stdin=f"{token}\n")
    assert (status, said.splitlines()[-1]) == (0, str(acme.id))
    assert token not in said + complained
    stored = tokens.read(acme.id)
    assert stored is not None
    assert (stored.access, stored.refresh) == (token, None)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("add", "evil.example", "--code", "x"), "is not an account's address"),
        (("add", "acme.amocrm.ru"), "give either --code or --token"),
        (("add", "acme.amocrm.ru", "--code", "x", "--token"), "give either --code or --token"),
        (("add", "acme.amocrm.ru", "--token"), "no token was given"),
        (("show", "42"), "there is no account 42"),
        (("set", "42", "country=RU"), "there is no account 42"),
        (("disable", "42"), "there is no account 42"),
    ],
)
def test_what_cannot_be_done_is_said(app: object, account: Type, arguments: tuple[str, ...], complaint: str) -> None:
    status, said, complained = account(*arguments)
    assert (status, said) == (1, "")
    assert complaint in complained


def test_disable_lets_one_account_go(connected: Two, account: Type) -> None:
    acme, beta = connected
    assert account("disable", acme.id)[0] == 0
    states = [found.state for each in (acme, beta) if (found := accounts.find(each.id))]
    assert states == [AccountState.DISABLED, AccountState.CONNECTED]


def test_connect_url_is_ours(app: object, account: Type) -> None:
    assert account("connect-url", public_url="https://phone.example")[1] == "https://phone.example/oauth/start\n"


def test_keys_are_rotated(connected: Two, account: Type, keys: tuple[str, ...], make_app: MakeApp) -> None:
    new = Fernet.generate_key().decode()
    _, said, _ = account("rotate-keys", secret_keys=(new, *keys))
    assert said.startswith("4 secrets")
    with make_app(secret_keys=(new,)).app_context():
        assert tokens.read(connected[0].id) is not None
