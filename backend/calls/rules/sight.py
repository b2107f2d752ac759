"""What a user may see of an account's clients and calls: as amoCRM's rights say, or less where the account wants so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EmployeesSee(StrEnum):
    """RIGHTS: what amoCRM lets them see. OWN: of that only their own clients and calls."""

    RIGHTS = "rights"
    OWN = "own"


ALL, GROUP, MINE = "A", "G", "M"  # amoCRM's letters of a right; any other is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """`views` is amoCRM's right to view by entity type; `mates` are the users of their group, they too. Who sees `all`
    is an administrator or supervisor."""

    user_id: int
    is_all: bool = False
    is_own: bool = False
    views: Mapping[str, str] = field(default_factory=dict)
    mates: frozenset[int] = frozenset()

    def responsibles(self, entity: str) -> Collection[int] | None:
        """Whose cards of this type they may see; None: everybody's."""
        letter = self.views.get(entity)
        if self.is_all or (letter == ALL and not self.is_own):
            return None
        if letter == GROUP and not self.is_own:
            return self.mates
        return {self.user_id} if letter in (ALL, GROUP, MINE) else ()

    def may_see(self, entity: str, responsible: int | None) -> bool:
        """A card of this type and responsible."""
        seen = self.responsibles(entity)
        return seen is None or responsible in seen


def everything(user_id: int = 0) -> Sight:
    return Sight(user_id=user_id, is_all=True)
