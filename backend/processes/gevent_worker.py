"""gunicorn's gevent worker that ends its streams when it is asked to stop: they would use up its whole patience.

Imports nothing of ours: gunicorn's master imports it, and gevent patches only afterwards.
"""

from __future__ import annotations

from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]


class StreamWorker(GeventWorker):  # type: ignore[misc]
    def handle_exit(self, sig: int, frame: Any) -> None:
        """In a green thread of its own: a signal's handler must not wait for locks."""
        super().handle_exit(sig, frame)
        if hasattr(self, "wsgi"):  # set once the app is loaded; until then there are no streams
            gevent.spawn(self.wsgi.extensions["hub"].close)
