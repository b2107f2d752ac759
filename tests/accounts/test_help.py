"""The pages that anybody may read: help, and which data are kept."""

from __future__ import annotations

import pytest

from .conftest import MakeApp


@pytest.mark.parametrize(("path", "russian", "english"), [("/", "помощь", "help"), ("/privacy", "храним", "we keep")])
def test_each_speaks_the_readers_language(make_app: MakeApp, path: str, russian: str, english: str) -> None:
    browser = make_app().test_client()
    assert russian in browser.get(path).text
    for preferred in ("en-GB,en", "de", "pt-BR, ru;q=0"):
        assert english in browser.get(path, headers={"Accept-Language": preferred}).text
    assert russian in browser.get(path, headers={"Accept-Language": "uk, ru;q=0.5"}).text


def test_the_contacts_are_the_operators_own(make_app: MakeApp) -> None:
    page = (
        make_app(support_email="help@phone.example.com", support_phone="+7 495 000-00-00").test_client().get("/").text
    )
    assert "mailto:help@phone.example.com" in page
    assert "tel:+7495000-00-00" in page
