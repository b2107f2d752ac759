"""What gunicorn serves."""

from __future__ import annotations

from backend import create_app, logs
from backend.config import load_settings

settings = load_settings()
logs.configure(settings.log_format)
app = create_app(settings)
