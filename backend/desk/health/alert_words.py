"""The sentences about an outage, for the widget and for the administrators' task in the CRM."""

from __future__ import annotations

from datetime import datetime

from backend.words import first_known, say

# trouble of the PBX link → the sentences used for it, if they have another name
LINK = {
    "wrong_login": "password", "refused": "password", "not_allowed": "address", "no_name": "address",
    "unusable": "address", "no_tls": "tls", "bad_certificate": "tls", "not_trusted": "tls", "other_name": "tls",
}  # fmt: skip


def now(kind: str, trouble: str, language: str) -> str:
    """The trouble, its consequence, and what to do."""
    name = LINK.get(trouble, trouble) if kind == "link" else trouble
    what = first_known(f"alerts.{kind}.{name}.what", f"alerts.{kind}.silent.what")
    todo = first_known(f"alerts.{kind}.{name}.todo", f"alerts.{kind}.silent.todo")
    return say(f"alerts.{kind}.now", language, what=say(what, language), todo=say(todo, language))


def task(kind: str, trouble: str, began: datetime, language: str) -> str:
    """The task's text; `began` is in the account's zone."""
    return say("alerts.task", language, began=f"{began:%d.%m %H:%M}", now=now(kind, trouble, language))


def back(kind: str, began: datetime, ended: datetime, language: str) -> str:
    """The text that completes the task; both times are in the account's zone."""
    return say(f"alerts.{kind}.back", language, period=f"{began:%d.%m %H:%M} – {ended:%d.%m %H:%M}")
