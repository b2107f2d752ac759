"""Alive is not the same as ready."""

from __future__ import annotations

from flask.testing import FlaskClient

from .conftest import MakeApp


def test_both_are_well(browser: FlaskClient) -> None:
    assert [browser.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]


def test_without_a_database_we_live_but_are_not_ready(make_app: MakeApp) -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    browser = make_app(database_url=nowhere).test_client()
    assert [browser.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
