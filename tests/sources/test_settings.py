"""Where recordings come from, as a setting: what is right, what is told back, and where its secret stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncssh
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from backend.recordings.of_account import source_of
from backend.recordings.sftp import SftpSource
from backend.recordings.web import AriSource, WebSource
from backend.store import db
from backend.store.recordings import recordings
from backend.store.recordings.recordings import RecordingState
from backend.store.settings.errors import from_pydantic
from backend.store.settings.settings import AccountSettings
from tests.asking import ask, messages
from tests.firm import Firm

ADMIN = "Вера"
SECRET = "s3cret-of-the-pbx"
HTTP = {"source": "http", "url": "https://pbx.example.com/monitor", "username": "station", "secret": SECRET}
SFTP = {**HTTP, "source": "sftp", "url": "sftp://pbx.example.com/monitor", "host_key": f"SHA256:{'A' * 43}"}


def put(firm: Firm, **recordings: Any) -> Any:
    return ask(firm, ADMIN, "PUT", "/api/settings", {"settings": {"recordings": recordings}})


def saved(firm: Firm, **recordings: Any) -> dict[str, Any]:
    answer = put(firm, **recordings)
    assert answer.status_code == 200, answer.text
    assert isinstance(answer.json, dict)
    return answer.json


def without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def test_the_secret_is_encrypted_and_never_told_back(firm: Firm, other: Firm) -> None:
    told = saved(firm, **HTTP)
    assert told["settings"]["recordings"] == {
        **without(HTTP, "secret"), "path": "{year}/{month}/{day}/{name}", "certificate": None, "host_key": None,
        "days_kept": 365, "link_days": None, "most_gigabytes": 100,
    }  # fmt: skip
    assert told["recordings"] == {"has_secret": True, "lines": None}
    with firm.app.app_context():
        kept = [
            str(db.session.execute(text(f"select * from {each}")).all()) for each in ("accounts", "recording_access")
        ]
        source = source_of(firm.id)
        assert source_of(other.id) is None
    assert isinstance(source, WebSource)
    assert source.server.secret == SECRET
    assert not [where for where in (str(told), *kept, repr(source)) if SECRET in where]


def test_the_stored_secret_goes_to_its_own_place_alone(firm: Firm) -> None:
    saved(firm, **HTTP)
    for changes in (
        {"url": "https://evil.example.com/monitor"}, {"url": "http://pbx.example.com/monitor"},
        {"url": "https://pbx.example.com:8443/monitor"}, {"username": "root"}, {"source": "ari"},
    ):  # fmt: skip
        assert list(messages(put(firm, **without({**HTTP, **changes}, "secret")))) == ["settings.recordings.secret"]
    for changes in ({}, {"path": "{name}"}, {"url": "https://pbx.example.com/elsewhere"}):
        assert saved(firm, **without({**HTTP, **changes}, "secret"))["recordings"]["has_secret"]


def test_another_account_has_no_part_in_it(firm: Firm, other: Firm) -> None:
    saved(firm, **HTTP)
    assert list(messages(put(other, **without(HTTP, "secret")))) == ["settings.recordings.secret"]


def test_each_source_is_made_as_it_is_set(firm: Firm) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    for values, kind in (
        (without({**HTTP, "secret": "t0ken"}, "username"), WebSource),
        ({**HTTP, "source": "ari", "url": "http://pbx.example.com:8088/ari"}, AriSource),
        ({**SFTP, "secret": key}, SftpSource),
    ):
        saved(firm, **values)
        with firm.app.app_context():
            assert isinstance(source_of(firm.id), kind)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"source": "http"}, "url"),
        ({"source": "ftp"}, "source"),
        *(({**HTTP, "url": url}, "url") for url in (
            "pbx.example.com", "ftp://pbx", "sftp://pbx", "https://a:b@pbx/", "https://pbx:22x/", "https://pbx:25/",
            "https://pbx/../etc", "https://pbx/x?y=1", "https://pbx/#x", "https://pbx\\@evil/", "https://pbx/%2e%2e/x",
            "https://pbx/a b", "https://pbx/\r\nHost: x", "file:///etc/passwd", "https:///x", "https://pbx:99999/",
            "http://[::1%eth0]/", "gopher://pbx/",
        )),
        *(({**HTTP, "path": path}, "path") for path in (
            "", "{year}", "/{name}", "../{name}", "a/../{name}", "a//{name}", "{name}{stem}", "{name!r}", "{name:>9}",
            "{name.__class__}", "{0}", "{", "{other}/{name}", "%2e/{name}", "{name}?x", "./{name}",
        )),
        ({**HTTP, "secret": "two\nlines"}, "secret"),
        ({**HTTP, "secret": ""}, "secret"),
        ({**HTTP, "username": "a:b"}, "username"),
        ({**HTTP, "certificate": "nonsense"}, "certificate"),
        ({**HTTP, "days_kept": 0}, "days_kept"),
        ({**HTTP, "days_kept": "7"}, "days_kept"),
        (without(SFTP, "username"), "username"),
        ({**SFTP, "host_key": "MD5:aa"}, "host_key"),
        ({"unknown": 1}, "unknown"),
    ],
)  # fmt: skip
def test_nonsense_is_told_by_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        AccountSettings.model_validate({"recordings": values})
    (error,) = from_pydantic(wrong.value)
    assert error.field == f"recordings.{field}"
    assert "недопустимое значение" not in error.message("ru")


def test_what_the_account_must_have_beside_is_told(firm: Firm) -> None:
    for name in ("secret", "host_key"):
        assert list(messages(put(firm, **without(SFTP, name)))) == [f"settings.recordings.{name}"]


def test_addresses_are_kept_in_one_spelling(firm: Firm) -> None:
    for written, kept in (
        ("HTTPS://PBX.Example.COM/Monitor/", "https://pbx.example.com/Monitor"),
        ("https://атс.рф/monitor", "https://xn--80a8ac.xn--p1ai/monitor"),
        ("http://[2001:DB8::1]:8088/ari", "http://[2001:db8::1]:8088/ari"),
    ):
        assert saved(firm, **{**HTTP, "url": written})["settings"]["recordings"]["url"] == kept


def test_lines_for_push_have_a_key_that_can_be_another(firm: Firm, other: Firm) -> None:
    lines = saved(firm, source="push")["recordings"]["lines"]
    assert f"/recordings/{firm.id}/upload/" in lines["asterisk"]
    assert lines["freepbx"] in lines["asterisk"]
    again = ask(firm, ADMIN, "GET", "/api/settings").json
    assert again["recordings"]["lines"] == lines  # type: ignore[index]
    fresh = ask(firm, ADMIN, "POST", "/api/recordings/key").json
    assert fresh["recordings"]["lines"] != lines  # type: ignore[index]
    theirs = saved(other, source="push")["recordings"]["lines"]
    assert theirs["freepbx"] not in (lines["freepbx"], fresh["recordings"]["lines"]["freepbx"])  # type: ignore[index]


def test_others_see_and_change_nothing(firm: Firm) -> None:
    saved(firm, source="push")
    assert ask(firm, "Анна", "GET", "/api/settings").json["recordings"] is None  # type: ignore[index]
    assert ask(firm, "Анна", "POST", "/api/recordings/key").status_code == 403
    assert ask(firm, "Анна", "POST", "/api/recordings/check", {"recordings": HTTP}).status_code == 403


def test_what_failed_is_tried_again_when_the_source_is_mended(firm: Firm, other: Firm) -> None:
    with firm.app.app_context():
        for each in (firm, other):
            recordings.named(each.id, "1.1", "a.wav")
        db.session.execute(text("update recordings set state = 'failed', why = 'refused'"))
        db.session.commit()
    saved(firm, **HTTP)
    with firm.app.app_context():
        states = [list(recordings.counts(each.id, datetime.min)) for each in (firm, other)]
    assert [state for ((state, _),) in states] == [RecordingState.WAITING, RecordingState.FAILED]
