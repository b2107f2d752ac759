"""The backend. `create_app` is the one place where its parts are wired into an app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from backend.config import Settings

LARGEST_BODY = 1024 * 1024  # bytes; the settings of 2,000 employees are under half of it
POOL_WAIT = 30  # seconds
STANDS_STILL = 60.0  # seconds; the longest that a transaction of ours waits for, new tokens, is two requests of 20


def create_app(settings: Settings, *, connections: int | None = None) -> Flask:
    """The app of one process. `connections` is how many it may open to the database, by default those of a `web`
    worker without its listening one.
    """
    from flask import Flask  # here, not above: what is pure in this package is imported without any of it

    from backend import web
    from backend.amocrm.hosts import Hosts
    from backend.amocrm.oauth import Integration
    from backend.peers import BehindProxies
    from backend.recordings import storage
    from backend.store import db, migrate
    from backend.store.base import crypto

    app = Flask(__name__)
    app.config.update(
        PUBLIC_URL=settings.public_url,
        SUPPORT_EMAIL=settings.support_email,
        SUPPORT_PHONE=settings.support_phone,
        METRICS_TOKEN=settings.metrics_token,
        PBX_NETWORKS=settings.pbx_networks,
        PROXIES=settings.proxies,
        KEEP_FREE=settings.keep_free_gigabytes * 1024**3,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        **_database(settings.database_url, connections or settings.web_connections - 1),
    )
    db.init_app(app)
    migrate.init_app(app)
    crypto.use_keys(app, settings.secret_keys)
    app.extensions["integration"] = Integration(
        client_id=settings.amocrm_client_id,
        client_secret=settings.amocrm_client_secret,
        redirect_uri=settings.redirect_uri,
        hosts=Hosts(sandbox=settings.sandbox_host_suffix),
    )
    storage.init_app(app, settings)
    web.init_app(app)
    app.wsgi_app = BehindProxies(app.wsgi_app, settings.proxies)  # type: ignore[method-assign]
    return app


def must_know_keys(settings: Settings) -> None:
    """Without the integration's keys nobody can be known for amoCRM's user. Raises StartError where accounts are."""
    if settings.amocrm_client_id and settings.amocrm_client_secret:
        return
    from backend.config import StartError
    from backend.store import accounts

    with create_app(settings).app_context():
        if accounts.has_any():
            raise StartError("set AMOCRM_CLIENT_ID and AMOCRM_CLIENT_SECRET: accounts are connected already")


def _database(url: str, connections: int) -> dict[str, Any]:
    """One of the process's share, of a larger one two, is kept aside: see `store.session`.

    A transaction of a process that stands still is ended by the database: else it would keep what it locked for ever.
    """
    from backend.store.base.side_session import ASIDE

    aside = 1 if connections < 4 else 2
    patience = {"options": f"-c idle_in_transaction_session_timeout={STANDS_STILL:.0f}s"}
    pool = {"max_overflow": 0, "pool_pre_ping": True, "pool_timeout": POOL_WAIT}
    common = {**pool, "connect_args": patience, "hide_parameters": True}
    return {
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": {**common, "pool_size": max(1, connections - aside)},
        "SQLALCHEMY_BINDS": {ASIDE: {"url": url, **common, "pool_size": aside}},
    }
