"""Plays recordings, and takes those that a PBX uploads."""
