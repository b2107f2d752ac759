"""Where a call's recording is heard."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app


def recording_link(account_id: int) -> Callable[[str], str]:
    """From a call's token to where its recording will be, whether there is one yet or not."""
    base = current_app.config["PUBLIC_URL"]
    return lambda token: f"{base}/recordings/{account_id}/{token}.mp3"
