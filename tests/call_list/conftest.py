"""Two firms, whose people use the widget."""

from tests.two_firms import app, crm, firm, other

__all__ = ["app", "crm", "firm", "other"]
