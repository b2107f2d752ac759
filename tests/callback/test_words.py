"""Whatever ended an attempt has its words in the list of requests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from backend.calls.facts import Reason
from backend.desk.callback.lifecycle import NO_TARGET, NOT_ALLOWED
from backend.pbx.clicks import Missed
from backend.processes.commands.callbacks import NOT_THERE

WIDGET = Path(__file__).parents[2] / "widget"
REASONS = {NO_TARGET, NOT_ALLOWED, NOT_THERE, *Reason, *Missed}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_reason_is_told_in_words(language: str) -> None:
    words = json.loads((WIDGET / "i18n" / language / "callbacks.json").read_text())["admin"]["requests"]
    known = re.search(r"const WHY = \[(.+?)\]", (WIDGET / "src/admin/callback/requests.js").read_text(), re.DOTALL)
    assert known is not None
    assert set(re.findall(r"'([\w-]+)'", known[1])) == REASONS
    assert all(words[f"because_{each}"] for each in (*REASONS, "unknown"))
