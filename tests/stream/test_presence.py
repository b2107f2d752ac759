"""Who watches: written down when a stream opens, gone when it closes, and soon after its process has died."""

from __future__ import annotations

from flask import Flask

from backend.processes.worker import CHORES
from backend.store import db, stream
from tests.firm import Firm
from tests.kill.processes import until
from tests.stream.conftest import screen
from tests.stream.web import Web


def watching(firm: Firm) -> set[int]:
    with firm.app.app_context():
        return stream.watching(firm.id)


def until_watching(firm: Firm, *names: str) -> None:
    wanted = {firm.people[name] for name in names}
    until(lambda: watching(firm) == wanted, f"watching: {names}")


def test_who_has_a_stream_open_watches(web: Web, firm: Firm, other: Firm) -> None:
    anna, again, boris = screen(web, firm).greeted(), screen(web, firm).greeted(), screen(web, firm, "Борис").greeted()
    until_watching(firm, "Анна", "Борис")
    boris.close()
    until_watching(firm, "Анна")
    anna.close()
    again.next("beat")
    assert watching(firm) == {firm.people["Анна"]}
    again.close()
    until_watching(firm)
    assert watching(other) == set()


def test_an_open_stream_is_renewed(web: Web, firm: Firm) -> None:
    browser = screen(web, firm).greeted()
    with firm.app.app_context():
        until_watching(firm, "Анна")
        first = db.session.query(stream.StreamWatcher).one().seen_until
        for _ in range(2):
            browser.next("beat")
        until(lambda: _seen_until() > first, "renewed")


def _seen_until() -> object:
    db.session.rollback()
    return db.session.query(stream.StreamWatcher).one().seen_until


def test_a_process_that_is_killed_watches_no_more(web: Web, firm: Firm, app: Flask) -> None:
    screen(web, firm).greeted()
    until_watching(firm, "Анна")
    web.kill_worker()
    until_watching(firm)


def test_what_it_left_behind_is_tidied_up(firm: Firm, app: Flask) -> None:
    with app.app_context():
        stream.seen([("dead", firm.id, firm.people["Анна"]), ("alive", firm.id, firm.people["Борис"])])
        dead = db.session.get(stream.StreamWatcher, "dead")
        assert dead
        dead.seen_until = db.func.now() - db.func.make_interval(0, 0, 0, 0, 0, 2)
        db.session.commit()
        assert any(chore.run is stream.forget_watchers for chore in CHORES)
        assert stream.forget_watchers() == 1
        assert stream.watching(firm.id) == {firm.people["Борис"]}


def test_nobody_of_an_account_that_is_gone_is_written_down(firm: Firm, app: Flask) -> None:
    """One would keep the others' from being renewed."""
    with app.app_context():
        stream.seen([("nobody's", 1, 1), ("ours", firm.id, firm.people["Анна"])])
        assert stream.watching(firm.id) == {firm.people["Анна"]}
