"""A browser of the machine, driven by Playwright, whose own downloads are not used."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str:
    """The browser; without one the test is skipped, but fails where everything must run."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        message = "there is no Chromium: apt-get install chromium, or python3 dev.py test as root"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    return found


@contextmanager
def started() -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
