"""The settings of routing: who an inbound call rings first, and what the PBX shows of the client."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from backend.calls.rules.routing import DialplanTarget
from backend.store.settings.parts import SettingsPart
from backend.store.settings.values import Context

DialplanExtension = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z_*#+\-]{1,79}$")]
ShownPrefix = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{0,8}$")]


class Names(StrEnum):
    """How names are written on phones; old ones show no Cyrillic."""

    AS_IS = "as_is"
    LATIN = "latin"


class PlaceSetting(SettingsPart):
    """An extension in the PBX's own dialplan, such as its general queue."""

    context: Context
    extension: DialplanExtension

    def to_place(self) -> DialplanTarget:
        return DialplanTarget(context=self.context, extension=self.extension)


class RoutingSetting(SettingsPart):
    """`then` None: after the responsible user's phone the call continues on its usual path in the PBX. `copied`: how
    many clients are in the PBX's own copy, latest callers first. `shown_prefix`: digits that the PBX puts before a
    caller's number, to dial it back."""

    rings_responsible: bool = Field(True, strict=True)
    ring_seconds: int = Field(10, ge=5, le=60, strict=True)
    then: PlaceSetting | None = None
    names: Names = Names.AS_IS
    copied: int = Field(20_000, ge=0, le=200_000, strict=True)
    shown_prefix: ShownPrefix = ""
