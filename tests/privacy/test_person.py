"""One person's data: exported whole, erased whole, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import update

from backend.cli import account as shell
from backend.desk import chores
from backend.store import accounts, db
from backend.store.accounts import Account, AccountState
from backend.store.callback.requests import CallbackRow, RequestState
from backend.store.journal import journal
from backend.store.journal.journal import CallRow
from backend.store.privacy import person
from tests.asking import ask
from tests.firm import Firm
from tests.recordings.conftest import IVAN, Recorder
from tests.recordings.sounds import wav

MARIA = "+79161234568"


def person_of(firm: Firm, number: str, method: str = "GET", who: str = "Вера"):  # type: ignore[no-untyped-def]
    return ask(firm, who, method, f"/api/person?number={quote(number)}")


def test_all_that_is_kept_of_a_number_is_told(recorder: Recorder) -> None:
    firm = recorder.firm
    recorder.record("a.wav")
    firm.talk(MARIA, "102")
    told = person_of(firm, "8 916 123-45-67").json
    assert told["number"] == IVAN
    assert [len(told[name]) for name in ("calls", "recordings")] == [1, 1]
    assert told["facts"]
    assert MARIA not in str(told)
    assert "recording_token" not in str(told)


def test_erased_it_is_gone_and_others_stay(recorder: Recorder, other: Firm) -> None:
    firm = recorder.firm
    recorder.spool.files["a.wav"] = wav(1)
    link = recorder.record("a.wav")
    recorder.fetch()
    assert recorder.get(link).status_code == 200
    maria, theirs = firm.talk(MARIA, "102"), other.talk(IVAN, "101")
    assert person_of(firm, IVAN, "DELETE").status_code == 200
    assert recorder.get(link).status_code == 404
    told = person_of(firm, IVAN).json
    assert [name for name, rows in told.items() if rows and name != "number"] == []
    with firm.app.app_context():
        assert journal.call(firm.id, maria) is not None
        assert journal.call(other.id, theirs) is not None
        assert db.session.query(CallRow).filter_by(account_id=other.id, client=IVAN).count() == 1


def test_a_talk_that_goes_on_is_not_erased(firm: Firm) -> None:
    call = firm.call(IVAN)
    firm.tell(*firm.answer(call, "101"))
    answer = person_of(firm, IVAN, "DELETE")
    assert (answer.status_code, answer.json["error"]) == (409, "still_talking")


@pytest.mark.parametrize("number", ["", "101", "anonymous", "x" * 100])
def test_only_a_telephone_number_is_a_person(firm: Firm, number: str) -> None:
    assert person_of(firm, number).status_code == 422
    assert person_of(firm, number, "DELETE").status_code == 422


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_administrators_only(firm: Firm, method: str) -> None:
    assert person_of(firm, IVAN, method, "Анна").status_code == 403
    assert ask(firm, "Анна", "GET", "/api/trail").status_code == 403
    assert ask(firm, "Анна", "DELETE", "/api/calls/1/recording-link").status_code == 403


def test_each_table_that_names_a_call_is_looked_at() -> None:
    """A new table of calls must be decided upon: here, or in the exceptions."""
    elsewhere = {"call_audits", "callback_seen", "callbacks", "calls", "phonebook_waiting"}
    named = {
        table.name for table in db.metadata.sorted_tables if "call" in table.columns or "callback" in table.columns
    }
    assert named - elsewhere == {table.__tablename__ for table in person.OF_CALLS.values()}


def test_each_table_that_holds_a_number_is_looked_at() -> None:
    """A table that holds a client's number must be decided upon: here, or in the exceptions."""
    elsewhere = {"phonebook_phones"}  # the mirror of amoCRM's own cards: it follows them
    holding = {table.name for table in db.metadata.sorted_tables if {"phone", "client"} & set(table.columns.keys())}
    assert holding - elsewhere == {table.__tablename__ for table, _ in person.OF_NUMBER.values()}


@pytest.mark.parametrize("state", [RequestState.RINGING, RequestState.ANSWERED, RequestState.TALKING])
def test_a_request_that_is_rung_is_not_erased(firm: Firm, state: RequestState) -> None:
    with firm.app.app_context():
        now = datetime.now(UTC)
        row = CallbackRow(
            id=f"r-{state.value}",
            account_id=firm.id,
            key="k",
            site="s",
            phone=MARIA,
            number=MARIA,
            name="",
            comment="",
            department="",
            fields=[],
            state=state.value,
            next_at=now,
            until=now,
        )
        db.session.add(row)
        db.session.commit()
    answer = person_of(firm, MARIA, "DELETE")
    assert (answer.status_code, answer.json["error"]) == (409, "still_talking")
    with firm.app.app_context():
        db.session.execute(update(CallbackRow).where(CallbackRow.phone == MARIA).values(state="done", ended_at=now))
        db.session.commit()
    assert person_of(firm, MARIA, "DELETE").status_code == 200


def test_an_unknown_call_leaves_no_trace(firm: Firm) -> None:
    assert ask(firm, "Вера", "DELETE", "/api/calls/nothing-such/recording-link").status_code == 404
    assert "nothing-such" not in str(ask(firm, "Вера", "GET", "/api/trail").json)


def test_a_link_that_was_given_is_taken_back(recorder: Recorder) -> None:
    recorder.spool.files["a.wav"] = wav(1)
    link = recorder.record("a.wav")
    recorder.fetch()
    call = recorder.row().call
    assert ask(recorder.firm, "Вера", "DELETE", f"/api/calls/{call}/recording-link").status_code == 200
    assert recorder.get(link).status_code == 404
    assert recorder.get(recorder.link(call)).status_code == 200
    assert ask(recorder.firm, "Вера", "DELETE", "/api/calls/none/recording-link").status_code == 404


def test_links_expire_where_the_account_wants_it(recorder: Recorder) -> None:
    recorder.spool.files["a.wav"] = wav(1)
    link = recorder.record("a.wav")
    recorder.fetch()
    recorder.firm.set(recordings={"source": "push", "link_days": 7})
    assert recorder.get(link).status_code == 200
    with recorder.firm.app.app_context():
        db.session.execute(update(CallRow).values(started=CallRow.started - 8 * 86_400))
        db.session.commit()
    assert recorder.get(link).status_code == 410
    recorder.firm.set(recordings={"source": "push"})
    assert recorder.get(link).status_code == 200


def test_the_trail_tells_who_changed_looked_and_took_away(firm: Firm, other: Firm) -> None:
    contact = firm.account.add_contact("Иван", [IVAN])
    firm.sync()
    assert ask(firm, "Вера", "PUT", "/api/settings", {"settings": {"country": "KZ"}}).status_code == 200
    for _ in range(2):
        assert ask(firm, "Анна", "GET", f"/api/card?entity=contacts&id={contact['id']}").status_code == 200
    assert ask(firm, "Вера", "GET", "/api/diagnostics").status_code == 200
    entries = ask(firm, "Вера", "GET", "/api/trail").json["entries"]  # type: ignore[index]
    told = {(each["name"], each["what"], each["about"], each["times"]) for each in entries}
    assert told == {
        ("Вера", "changed_settings", told_about(entries), 1),
        ("Анна", "opened_card", f"contacts {contact['id']}", 2),
        ("Вера", "exported_diagnostics", "", 1),
    }
    assert "country" in told_about(entries)
    assert ask(other, "Вера", "GET", "/api/trail").json == {"entries": []}


def told_about(entries: list[dict[str, str]]) -> str:
    return next(each["about"] for each in entries if each["what"] == "changed_settings")


def test_the_trail_holds_no_secret(firm: Firm) -> None:
    pbx = {"host": "8.8.8.8", "username": "crm", "secret": "Gh7-secret"}
    assert ask(firm, "Вера", "PUT", "/api/settings", {"pbx": pbx}).status_code == 200
    answer = ask(firm, "Вера", "GET", "/api/trail")
    assert "pbx.secret" in answer.text
    assert "Gh7" not in answer.text


def test_an_account_that_left_is_erased_after_its_time(firm: Firm, other: Firm) -> None:
    firm.talk(IVAN, "101")
    with firm.app.app_context():
        for days, left in ((89, 0), (91, 1)):
            since = datetime.now(UTC) - timedelta(days=days)
            mine = update(Account).where(Account.id == firm.id)
            db.session.execute(mine.values(state=AccountState.DISABLED, state_since=since))
            db.session.commit()
            assert chores.erase_left() == left
        assert accounts.find(firm.id) is None
        assert accounts.find(other.id) is not None
        assert db.session.query(CallRow).filter_by(account_id=firm.id).count() == 0


def test_the_shell_does_the_same(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    firm.talk(IVAN, "101")
    with firm.app.app_context():
        for words in (
            ["person", str(firm.id), IVAN],
            ["person", str(firm.id), IVAN, "--erase"],
            ["trail", str(firm.id)],
        ):
            asked = shell._parser().parse_args(words)
            asked.run(asked)
    told = capsys.readouterr().out
    assert '"calls"' in told
    assert "the operator\terased_person\t***4567" in told
    assert person_of(firm, IVAN).json["calls"] == []
