"""Popups and states, streamed to the open browsers."""
