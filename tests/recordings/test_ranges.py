"""Which part of a file a request gets, by RFC 9110 and by curl's table of ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.web.recordings.byte_ranges import Piece, Unsatisfiable, piece

LENGTH = 10_000

TABLE: list[tuple[str, tuple[int, int] | None]] = [
    ("bytes=0-499", (0, 500)),
    ("bytes=500-999", (500, 1000)),
    ("bytes=-500", (9500, 10_000)),
    ("bytes=9500-", (9500, 10_000)),
    ("bytes=0-", (0, 10_000)),
    ("bytes=0-0", (0, 1)),
    ("bytes=9999-", (9999, 10_000)),
    ("bytes=9990-20000", (9990, 10_000)),
    ("bytes=-20000", (0, 10_000)),
    ("Bytes=1-1", (1, 2)),
    ("bytes= 2-3", (2, 4)),
    # answered by the whole file: several, and what is no range of bytes
    ("bytes=0-0,-1", None),
    ("bytes=500-600,601-999", None),
    ("bytes=500-100", None),
    ("bytes=-", None),
    ("bytes=", None),
    ("bytes=a-b", None),
    ("bytes=1-2-3", None),
    ("bytes=--5", None),
    ("bytes=٣-٥", None),
    ("lines=0-5", None),
    ("0-5", None),
    ("", None),
]


@pytest.mark.parametrize(("header", "wanted"), TABLE, ids=[header or "none" for header, _ in TABLE])
def test_a_range_is_read(header: str, wanted: tuple[int, int] | None) -> None:
    assert piece(header, LENGTH) == (wanted and Piece(start=wanted[0], stop=wanted[1]))


@pytest.mark.parametrize("header", ["bytes=10000-", "bytes=10000-10001", "bytes=-0", f"bytes={10**29}-"])
def test_nothing_of_the_file_is_in_the_range(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        piece(header, LENGTH)


@given(st.text() | st.from_regex(r"bytes=[0-9]{0,40}-[0-9]{0,40}"), st.integers(1, 10**12))
def test_whatever_is_asked_a_piece_lies_in_the_file(header: str, length: int) -> None:
    try:
        found = piece(header, length)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found.start < found.stop <= length
