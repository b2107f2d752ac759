"""Pages to look at: what an employee of the account would see, in Russian."""

from __future__ import annotations

from sandbox.crm.pages.views import pages

__all__ = ["pages"]
