"""Draws the archive's images (docs/amocrm-contract.md §4.1) with the machine's Chromium: logos from images/*.svg, tours
from scenes/.

`python widget/tools/draw.py`, after a change of an SVG or of what the widget looks like; the PNGs are committed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Page, sync_playwright

WIDGET = Path(__file__).resolve().parents[1]
IMAGES = WIDGET / "images"
LOGOS = {
    "logo_main": (400, 272),
    "logo_small": (108, 108),
    "logo": (130, 100),
    "logo_medium": (240, 84),
    "logo_min": (84, 84),
}
TOUR = (1188, 616)
NOON = datetime(
    2026, 5, 17, 12, 5, tzinfo=timezone(timedelta(hours=3))
)  # the hour of every tour, so that a redraw changes nothing else
SCENES = ("call", "card", "overview")
LANGUAGES = ("ru", "en")


class Quiet(SimpleHTTPRequestHandler):
    """Serves the widget's folder and tells nothing."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def draw_logo(page: Page, name: str) -> None:
    width, height = LOGOS[name]
    svg = (IMAGES / f"{name}.svg").read_text(encoding="utf-8")
    page.set_viewport_size({"width": width, "height": height})
    page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg}")
    page.screenshot(path=IMAGES / f"{name}.png", omit_background=True)


def draw_scene(page: Page, address: str, scene: str, language: str) -> None:
    page.set_viewport_size({"width": TOUR[0], "height": TOUR[1]})
    page.goto(f"{address}/tools/scenes/{scene}.html?lang={language}")
    page.wait_for_selector("body[data-drawn]")
    page.screenshot(path=IMAGES / f"tour_{scene}_{language}.png")


def main() -> None:
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    with served(WIDGET) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(timezone_id="Europe/Moscow", reduced_motion="reduce")
        page.clock.set_fixed_time(NOON)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        for name in LOGOS:
            draw_logo(page, name)
        for scene in SCENES:
            for language in LANGUAGES:
                draw_scene(page, address, scene, language)
        browser.close()
    if errors:
        raise SystemExit(f"draw: {errors}")


if __name__ == "__main__":
    main()
