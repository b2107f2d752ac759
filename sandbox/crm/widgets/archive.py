"""A widget's archive: `widget.zip`, or the folder it is made of (docs/amocrm-contract.md §4.1)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NODE_MODULES = Path(__file__).parents[3] / "widget" / "node_modules"
# The loader and the library that amoCRM's pages give to every widget.
VENDOR = {"require.js": NODE_MODULES / "requirejs/require.js", "jquery.js": NODE_MODULES / "jquery/dist/jquery.js"}
NEEDED = ("manifest.json", "script.js")
LANGUAGES = ("ru", "en")


class NotBuilt(Exception):
    """There is no widget here, or nothing to run it with; says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Files by their names in the archive; `words` are the i18n files by language."""

    files: Mapping[str, bytes] = field(repr=False)
    manifest: Mapping[str, Any]
    words: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @property
    def version(self) -> str:
        return str(self.manifest["widget"]["version"])

    def say(self, key: str, language: str) -> str:
        """What the manifest names by an i18n key such as `widget.name`; the key itself when the words lack it."""
        found: Any = self.words.get(language) or self.words["ru"]
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found if isinstance(found, str) else key


def read(place: Path) -> Archive:
    """Raises NotBuilt."""
    if not place.exists():
        raise NotBuilt(f"no widget at {place}: build it with `make widget`")
    files = _unzipped(place) if place.is_file() else _of_folder(place)
    missing = [name for name in NEEDED if name not in files]
    if missing:
        raise NotBuilt(f"{place} is no widget: it has no {' and no '.join(missing)} at its root")
    words = {language: files.get(f"i18n/{language}.json") for language in LANGUAGES}
    return Archive(
        files=files,
        manifest=json.loads(files["manifest.json"]),
        words={language: json.loads(text) for language, text in words.items() if text is not None},
    )


def _unzipped(place: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(place) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def _of_folder(place: Path) -> dict[str, bytes]:
    return {file.relative_to(place).as_posix(): file.read_bytes() for file in place.rglob("*") if file.is_file()}


def check_vendor() -> None:
    """Raises NotBuilt where the libraries of amoCRM's own pages were not fetched."""
    missing = [name for name, file in VENDOR.items() if not file.is_file()]
    if missing:
        raise NotBuilt(f"widget/node_modules has no {' and no '.join(missing)}: run `npm ci` in widget/")
