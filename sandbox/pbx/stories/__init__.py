"""Calls as an office has them, each with what a person who watched would say of it afterwards."""

from __future__ import annotations

from . import inbound, outbound, transfers
from .story import STORIES, Outcome, Story

__all__ = ["STORIES", "Outcome", "Story", "inbound", "outbound", "transfers"]
