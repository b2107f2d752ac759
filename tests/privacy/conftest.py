"""Two firms with recordings."""

from __future__ import annotations

from tests.recordings.conftest import Recorder, kept, recorder, settings, stranger
from tests.two_firms import app, crm, firm, other

__all__ = ["Recorder", "app", "crm", "firm", "kept", "other", "recorder", "settings", "stranger"]
