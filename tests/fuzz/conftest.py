"""Two firms on one CRM."""

from __future__ import annotations

from tests.two_firms import app, crm, firm, other

__all__ = ["app", "crm", "firm", "other"]
