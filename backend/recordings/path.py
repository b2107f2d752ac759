"""Where a recording lies below its source: from its name, which comes from outside, to the parts of a path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo

from backend.recordings.sources import NotYet

LONGEST_NAME = 200  # bytes; file systems end at 255
_FORBIDDEN = frozenset("/\\%?")  # a folder, or what some server may read as one after decoding it once more
_DAY = re.compile(r"(?<![0-9])(20[0-9]{2})(-?)(0[1-9]|1[0-2])\2(0[1-9]|[12][0-9]|3[01])(?![0-9])")
_EPOCH = re.compile(r"(?<![0-9])([12][0-9]{9})\.[0-9]+(?![0-9])")  # of a Uniqueid
_MOMENT = re.compile(r"(?<![0-9])(20[0-9]{6})-([0-9]{6})(?:-([0-9]{10}))?(?![0-9])")
_SUFFIX = re.compile(r"\.(?=[0-9]*[A-Za-z])[0-9A-Za-z]{1,5}$")


def checked_name(name: str) -> str:
    """The name itself. Raises NotYet, on which nothing else waits, for one that could be more than a file's name."""
    is_fine = name.isprintable() and not name.startswith(".") and not _FORBIDDEN.intersection(name)
    if not name.strip() or not is_fine or len(name.encode()) > LONGEST_NAME:
        words = "the PBX names a file that cannot be asked for"
        raise NotYet(words, kind="bad_name", detail=ascii(name[:LONGEST_NAME]))
    return name


def path_of(name: str, template: str, zone: tzinfo) -> tuple[str, ...]:
    """The folders, and at last the file; `template` is RecordingsSetting.path. Raises NotYet as checked_name does.

    The folders' day is that in the name, else that of the Uniqueid in it, else today; the latter two in `zone`.
    """
    day = day_of(checked_name(name), zone)
    values = {"name": name, "stem": stem_of(name), "year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}"}
    return tuple(part.format(**values) for part in template.split("/"))


def day_of(name: str, zone: tzinfo) -> date:
    """FreePBX names the day after the numbers, which may look like days themselves."""
    for year, _, month, day in reversed(_DAY.findall(name)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    epoch = _EPOCH.search(name)
    moment = datetime.fromtimestamp(int(epoch[1]), zone) if epoch else datetime.now(UTC).astimezone(zone)
    return moment.date()


def in_order(names: Sequence[str]) -> list[str]:
    """By the moments in them, where each has one as FreePBX writes it; else as they are: in the order of telling."""
    moments = {name: _MOMENT.findall(name)[-1:] for name in names}
    return sorted(names, key=moments.__getitem__) if all(moments.values()) else list(names)


def stem_of(name: str) -> str:
    """Without its suffix; the digits after a Uniqueid's dot are none."""
    return _SUFFIX.sub("", name)
