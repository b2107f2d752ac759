"""`python -m backend reconcile`, as a person types it while a worker runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from backend.calls.facts import CallEnded, CallStarted
from backend.cli import reconcile as cli_reconcile
from backend.config import StartError
from backend.desk.pbx import talk_time
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.settings import settings
from sandbox.crm.faults import Kind
from tests.firm import Firm
from tests.reconcile.test_audit import STRANGER, note_of, spoil_note

Type = Callable[..., tuple[int, str, str]]


@pytest.fixture
def reconcile(firm: Firm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Its exit status, what it said, and how it went on. Whenever it waits, the worker works."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = cli_reconcile.main(["--account", str(firm.id), *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    monkeypatch.setattr("backend.logs.configure", lambda log_format: None)
    monkeypatch.setattr(cli_reconcile, "load_settings", lambda: type("Configured", (), {"log_format": "text"}))
    monkeypatch.setattr(cli_reconcile, "create_app", lambda settings: firm.app)
    monkeypatch.setattr(cli_reconcile, "sleep", lambda seconds: firm.work())
    return run


def today(firm: Firm) -> str:
    with firm.app.app_context():
        return datetime.now(ZoneInfo(settings.read(firm.id).zone)).date().isoformat()


def test_it_mends_says_so_per_day_and_may_be_repeated(firm: Firm, other: Firm, reconcile: Type) -> None:
    call = firm.talk(STRANGER, "101", seconds=33)
    firm.miss("+79150001122")
    other.talk(STRANGER, "101")
    firm.work_through()
    spoil_note(firm, call, duration=0)
    day = today(firm)
    status, said, progress = reconcile("--from", day, "--to", day)
    told = "2 seen, 1 in the CRM, 1 mended, 0 kept out by rule, 0 deleted by people, 0 on their way, 0 cannot be mended"
    assert said == f"{day}: {told}\n"
    assert (status, "looked at 2 calls" in progress) == (0, True)
    assert note_of(firm, call)["params"]["duration"] == 33
    assert "2 in the CRM, 0 mended" in reconcile("--from", day)[1]


def test_what_cannot_be_mended_is_named_without_its_number(firm: Firm, reconcile: Type) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    call = firm.talk(STRANGER, "101")
    firm.work_through()
    status, said, _ = reconcile("--from", today(firm))
    assert (status, "1 cannot be mended" in said, f"call {call}: 400" in said) == (1, True, True)
    assert "926777" not in said


@pytest.mark.parametrize(("arguments", "why"), [
    (["--from", "2026-11-02", "--to", "2026-11-01"], "--to must not be before --from"),
    (["--from", "2020-01-01", "--to", "2026-01-01"], "366 days"),
    (["--from", "9999-12-31"], "has not come yet"),
])  # fmt: skip
def test_a_wrong_period_is_refused(reconcile: Type, arguments: list[str], why: str) -> None:
    with pytest.raises(StartError, match=why):
        reconcile(*arguments)


def test_days_without_calls_are_told_so(firm: Firm, reconcile: Type) -> None:
    status, said, _ = reconcile("--from", "2001-02-03", "--to", "2001-02-04")
    assert (status, said.splitlines()[-1]) == (0, "2001-02-03 to 2001-02-04: no calls were seen on the PBX")


def test_an_account_that_waits_for_a_person_is_not_asked(firm: Firm, reconcile: Type) -> None:
    with firm.app.app_context():
        account = accounts.find(firm.id)
        assert account is not None
        account.move(AccountState.UNPAID, "402")
        db.session.commit()
    with pytest.raises(StartError, match="unpaid: 402"):
        reconcile("--from", date.today().isoformat())


def test_without_a_worker_it_says_so(firm: Firm, reconcile: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_reconcile, "PATIENCE", 0.0)
    with pytest.raises(StartError, match="does a worker run"):
        reconcile("--from", today(firm))


def test_a_guessed_duration_becomes_the_pbxs_own(firm: Firm) -> None:
    """Its end was not heard; what the PBX wrote down says how long it was, and so does the note then."""
    call = firm.call(STRANGER)
    ended = firm.end(call, ["101"], seconds=900)
    guessed = CallEnded(
        **{name: getattr(ended, name) for name in ended.__dataclass_fields__ if name not in ("kind", "guessed")},
        guessed=True,
    )
    firm.tell(CallStarted(**call), guessed)
    exact = firm.talk("+79150001122", "102", seconds=60)
    firm.work_through()
    with firm.app.app_context():
        assert talk_time.time_call(firm.id, call["call"], 47)
        assert not talk_time.time_call(firm.id, call["call"], 47)
        assert not talk_time.time_call(firm.id, exact, 5)
        assert not talk_time.time_call(firm.id, "unknown", 5)
    firm.work_through()
    durations = {note["params"]["uniq"]: note["params"]["duration"] for note in firm.call_notes()}
    assert durations == {call["call"]: 47, exact: 60}
