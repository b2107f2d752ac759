"""A folder and an S3-compatible bucket keep recordings alike."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend.config import Settings
from backend.recordings.storage import CHUNK, NotThere, Shelf, ShelfError
from tests.conftest import running
from tests.recordings.bucket import Bucket, serving

CONTENT = bytes(range(256)) * 4096 * 6  # over what is sent in one part


@dataclass(frozen=True, kw_only=True)
class Place:
    """A shelf, and what lies there under a key."""

    shelf: Shelf
    found: Callable[[str], bytes]


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with serving() as bucket:
        yield bucket


def in_bucket(settings: Settings, bucket: Bucket, **more: str) -> Settings:
    told = {
        "recordings_url": "s3://records/station", "aws_access_key_id": bucket.key,
        "aws_secret_access_key": bucket.secret, "aws_endpoint_url": bucket.endpoint, **more,
    }  # fmt: skip
    return settings.model_copy(update=told)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, settings: Settings, bucket: Bucket, tmp_path: Path) -> Place:
    if request.param == "bucket":
        ours = in_bucket(settings, bucket)
        return Place(shelf=Shelf(ours), found=lambda key: bucket.objects[f"/records/station/{key}"])
    ours = settings.model_copy(update={"data_dir": tmp_path})
    return Place(shelf=Shelf(ours), found=lambda key: (tmp_path / "recordings" / key).read_bytes())


def test_what_is_put_is_read_in_pieces_and_deleted(place: Place) -> None:
    place.shelf.put("7/a.mp3", io.BytesIO(CONTENT))
    assert place.found("7/a.mp3") == CONTENT
    assert place.shelf.read("7/a.mp3", 100, 300) == CONTENT[100:300]
    pieces = list(place.shelf.chunks("7/a.mp3", 1, len(CONTENT)))
    assert b"".join(pieces) == CONTENT[1:]
    assert max(map(len, pieces)) == CHUNK
    copy = io.BytesIO()
    assert place.shelf.copy_to("7/a.mp3", copy) == len(CONTENT)
    assert copy.getvalue() == CONTENT
    place.shelf.delete("7/a.mp3")
    place.shelf.delete("7/a.mp3")
    with pytest.raises(NotThere):
        place.shelf.read("7/a.mp3", 0, 1)
    with pytest.raises((KeyError, FileNotFoundError)):
        place.found("7/a.mp3")


def test_a_key_never_leads_out(place: Place) -> None:
    """Keys are our own; one that is not would be our bug, and harmless."""
    for key in ("../out.mp3", "7/../../out.mp3"):
        with pytest.raises(ValueError, match="illegal"):
            place.shelf.put(key, io.BytesIO(b"out"))


def test_a_wrong_secret_and_a_server_that_is_away_are_told(settings: Settings, bucket: Bucket) -> None:
    wrong = in_bucket(settings, bucket, aws_secret_access_key="wrong")
    away = in_bucket(settings, bucket, aws_endpoint_url="http://127.0.0.1:9")
    for each in (wrong, away):
        with pytest.raises(ShelfError) as told:
            Shelf(each).put("8/a.mp3", io.BytesIO(b"a"))
        assert bucket.secret not in str(told.value)
    assert "/records/station/8/a.mp3" not in bucket.objects


def test_an_app_has_the_shelf_of_its_settings(database: Settings, bucket: Bucket) -> None:
    with running(in_bucket(database, bucket)) as app:
        app.extensions["shelf"].put("8/b.mp3", io.BytesIO(b"b"))
    assert bucket.objects["/records/station/8/b.mp3"] == b"b"
