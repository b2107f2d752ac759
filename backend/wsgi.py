"""What gunicorn serves."""

from __future__ import annotations

from backend import create_app, logs
from backend.config import load_settings

settings = load_settings()
logs.configure(settings.log_format)
logs.adopt("gunicorn.error")  # it names addresses, and some of them hold a ticket
app = create_app(settings)
