"""Shared parts of all tables: encrypted columns, counters, short separate transactions, read positions."""
