"""Recordings of calls: got from the PBX, made into one mp3 each, kept on a shelf and served.

`sources` says what a source is, `source_of` which one an account has, `push.received` takes a file the PBX sends by
itself, `fetching` does what is due in the worker, `join` makes the mp3, `shelf` keeps it.
"""
