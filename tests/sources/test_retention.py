"""Recordings are kept for as long as their account wants, and go with it."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from backend.cli import account
from backend.recordings import fetching, push, retention
from backend.store import db
from backend.store.recordings import recordings
from tests.firm import Firm
from tests.recordings.sounds import wav

from .test_settings import saved
from .test_upload import NAME, call_recorded, fetch, names


def keep(firm: Firm, days_kept: int | None = 7) -> Any:
    """A recording that plays; how it is asked for."""
    saved(firm, source="push", days_kept=days_kept)
    with firm.app.app_context():
        push.received(firm.id, NAME, io.BytesIO(wav(seconds=1)))
    listen = call_recorded(firm)
    fetch(firm)
    assert listen().status_code == 200
    return listen


def make_older(days: int) -> None:
    for table, at in (("recordings", "ready_at"), ("recording_parts", "at")):
        db.session.execute(text(f"update {table} set {at} = {at} - make_interval(days => :days)"), {"days": days})
    db.session.commit()


def statuses(*listeners: Any) -> list[int]:
    answers: list[TestResponse] = [listen() for listen in listeners]
    return [each.status_code for each in answers]


def has_files(folder: Path, firm: Firm) -> bool:
    return any(each.is_file() for each in (folder / str(firm.id)).rglob("*"))


@pytest.fixture
def kept(settings: Any) -> Path:
    return Path(settings.data_dir) / "recordings"


def test_what_is_older_than_its_account_keeps_is_gone(firm: Firm, other: Firm, kept: Path) -> None:
    mine, theirs = keep(firm, 7), keep(other, None)
    with firm.app.app_context():
        make_older(6)
        assert retention.forget_old() == 0
        make_older(2)
        assert retention.forget_old() == 1
        assert retention.forget_old() == 0
        fetching.tidy()
    assert statuses(mine, theirs) == [410, 200]
    assert (has_files(kept, firm), has_files(kept, other)) == (False, True)


def test_an_account_that_left_is_forgotten_after_a_month(firm: Firm, other: Firm) -> None:
    mine, theirs = keep(firm, None), keep(other, None)
    with firm.app.app_context():
        leave = (
            "update accounts set state = 'disabled', state_since = now() - make_interval(days => :days) where id = :id"
        )
        for days, gone in ((29, 0), (31, 1)):
            db.session.execute(text(leave), {"days": days, "id": firm.id})
            db.session.commit()
            assert retention.forget_old() == gone
    assert statuses(mine, theirs) == [410, 200]
    assert (names(firm), names(other)) == ([], [NAME])


def test_a_deleted_account_leaves_no_file(firm: Firm, other: Firm, kept: Path) -> None:
    for each in (firm, other):
        keep(each)
    asked = argparse.Namespace(account=firm.id)
    with firm.app.app_context():
        with pytest.raises(ValueError, match="disable it first"):
            account.delete_account(asked)
        db.session.execute(text("update accounts set state = 'disabled' where id = :id"), {"id": firm.id})
        db.session.commit()
        account.delete_account(asked)
        fetching.tidy()
        assert other.id in recordings.keepers()
        assert firm.id not in recordings.keepers()
        rows = ("recordings", "recording_parts", "recording_access", "calls", "account_pbx", "account_tokens")
        left = [db.session.scalar(text(f"select count(*) from {each} where account_id = {firm.id}")) for each in rows]
    assert left == [0] * len(rows)
    assert (has_files(kept, firm), has_files(kept, other)) == (False, True)
