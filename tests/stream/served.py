"""What gunicorn serves in these tests: the backend with beats and patience that are a fraction of production's."""

from __future__ import annotations

from backend.store import stream
from backend.web.recordings import upload
from backend.web.stream import reader

reader.BEAT = 0.3
upload.SILENCE = 1.0
stream.SEEN_FOR = 2.0
stream.LOOK = 0.2
stream.PAUSE = 0.1

from backend.wsgi import app  # noqa: E402

__all__ = ["app"]
