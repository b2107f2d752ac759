"""Plays recordings, and receives those that a PBX uploads."""
