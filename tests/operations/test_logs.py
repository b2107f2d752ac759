"""What the redaction of logs must catch, and what it must leave to be read."""

from __future__ import annotations

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from backend import logs
from backend.processes import worker
from tests.firm import Firm

HIDDEN = {
    "recording:out-89036000059-102-20261123-095929-17.3.wav": "recording:out-***0059-102-20261123-095929-17.3.wav",
    "in_79161234567_101.mp3": "in_***4567_101.mp3",
    "external-102-9161234567-20261123-095929-1795406369.3.wav": "external-102-***4567-20261123-095929-1795406369.3.wav",
    "sip:+79161234567@pbx": "sip:***4567@pbx",
    "rang:79161234567:1": "rang:***4567:1",
    "Local/89161234567@from-internal-00000001;1": "Local/***4567@from-internal-00000001;1",
    "Клиент 8 (916) 123-45-67 ждёт": "Клиент ***4567 ждёт",
    "916 123-45-67": "***4567",
    "GET /hooks/Zx81-kd.Qq?x=1": "GET /hooks/***",
    "Exception on /recordings/31000777/aB3_x-9.mp3 [GET]": "Exception on /recordings/31000777/*** [GET]",
    "/recordings/31000777/upload/k3Y": "/recordings/31000777/upload/***",
    "POST /callback/site-1/0123abcd": "POST /callback/site-1/***",
    "X-Auth-Token was eyJhbGciOi.eyJpc3Mi.sig-nature": "X-Auth-Token was ***",
    "gAAAAABnQ0x1==": "***",
    "Key (client)=(+79161234567) already exists": "Key (client)=(***4567) already exists",
}
PLAIN = (
    "2026-11-23 09:37:09.123", "call 1795406441.123 ended", "PJSIP/101-00000012", "31000777", "127.0.0.1:5038",
    "3f1c0f0e-5d0a-4c52-9a10-2b7f0f6f4a11", "rang:101:1", "/callback/site-1", "400 Bad Request ([0] 0.params: X)",
)  # fmt: skip


@pytest.mark.parametrize("said", HIDDEN)
def test_what_is_private_is_hidden(said: str) -> None:
    assert logs.mask_text(said) == HIDDEN[said]


@pytest.mark.parametrize("said", PLAIN)
def test_what_is_needed_stays(said: str) -> None:
    assert logs.mask_text(said) == said


def test_a_whole_value_is_masked_however_deep() -> None:
    deep: object = {"secret": "abc", "call": "1795406441.123", "has_secret": True, "note": "+79161234567"}
    for _ in range(20):
        deep = [{"inner": deep}]
    masked = str(logs.masked(deep))
    assert "***4567" in masked
    assert "1795406441.123" in masked
    assert "abc" not in masked


@pytest.mark.parametrize(("trouble", "event"), [
    (OperationalError("", None, OSError("refused")), ("warning", "chore waits for the database")),
    (ValueError("our bug"), ("exception", "chore failed")),
])  # fmt: skip
def test_a_database_that_is_away_is_told_in_a_line(
    firm: Firm, trouble: Exception, event: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def chore() -> None:
        raise trouble

    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr(worker, "log", log)
    worker._once(firm.app, worker.Chore(every=1, run=chore))
    (told,) = log.calls
    assert (told.method_name, told.args[0]) == event
