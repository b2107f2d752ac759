"""Recordings: their rows, their stored objects, and access to their source."""
