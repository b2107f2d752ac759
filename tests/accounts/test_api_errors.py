"""Below /api/ every refusal is JSON in the user's language, also of what is not there and of what fails."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from backend.web import settings
from sandbox.crm.handle import AccountHandle

Two = tuple[AccountHandle, AccountHandle]


def test_what_is_not_there(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    answer = browser.get("/api/nothing/here?lang=en", headers={"Origin": acme.url})
    assert (answer.status_code, answer.json) == (
        404,
        {"error": "not_found", "message": "Not found", "fields": []},
    )
    assert answer.headers["Access-Control-Allow-Origin"] == acme.url
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_wrong_method(connected: Two, browser: FlaskClient) -> None:
    answer = browser.delete("/api/settings")
    assert (answer.status_code, answer.json["error"]) == (405, "wrong_method")  # type: ignore[index]
    assert {"GET", "PUT"} <= set(answer.headers["Allow"].split(", "))


def test_an_error_of_ours_is_told_without_its_details(
    connected: Two, app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("secret-detail")

    monkeypatch.setattr(settings.settings, "read", fails)
    acme, _ = connected
    token = acme.widget_token(acme.users[0])
    answer = browser.get("/api/settings", headers={"X-Auth-Token": token, "Origin": acme.url})
    assert (answer.status_code, answer.json["error"]) == (500, "failed")  # type: ignore[index]
    assert "secret-detail" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == acme.url
    assert answer.headers.getlist("Vary") == ["Origin"]


def test_a_database_that_is_away_is_told_so(
    connected: Two, app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OperationalError("select secret", None, OSError("secret-detail"))

    monkeypatch.setattr(settings.settings, "read", fails)
    acme, _ = connected
    token = acme.widget_token(acme.users[0])
    answer = browser.get("/api/settings?lang=en", headers={"X-Auth-Token": token, "Origin": acme.url})
    words = "The service's database is not responding, try again in a minute"
    assert (answer.status_code, answer.json) == (503, {"error": "no_database", "message": words, "fields": []})
    assert answer.headers["Access-Control-Allow-Origin"] == acme.url


def test_pages_for_people_keep_their_own_errors(connected: Two, browser: FlaskClient) -> None:
    answer = browser.get("/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "Access-Control-Allow-Origin" not in answer.headers
