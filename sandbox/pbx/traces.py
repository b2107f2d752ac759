"""Plays the stories and writes what the product would have seen of each, with what it should make of it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .office import Office
from .recorder import Recorder
from .stories import STORIES, Story


def record(version: int, into: Path, names: Sequence[str] = ()) -> None:
    """Writes <story>.ami (raw bytes of the user `station`) and <story>.json for each story, all when none is named."""
    into.mkdir(parents=True, exist_ok=True)
    with Office(version=version) as office:
        recorder = Recorder(office)
        for name in names or STORIES:
            began = time.monotonic()
            _record_one(office, recorder, STORIES[name], into)
            print(f"{version} {name}: {time.monotonic() - began:.1f} s", flush=True)
        recorder.close()


def _record_one(office: Office, recorder: Recorder, story: Story, into: Path) -> None:
    story.play(office)
    office.quiet()
    (into / f"{story.name}.ami").write_bytes(recorder.take())
    expected = {
        "story": story.told,
        "asterisk": office.version,
        "calls": [asdict(each) for each in story.calls],
        "mobiles": story.mobiles,
    }
    (into / f"{story.name}.json").write_text(json.dumps(expected, indent=2, ensure_ascii=False) + "\n")
    office.reset()
    recorder.take()
