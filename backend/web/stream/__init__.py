"""Streams popups and states to the open browsers."""
