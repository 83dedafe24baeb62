"""A real browser for tests of pages: the Chromium or Chrome of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

__all__ = ["running_browser"]

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Give a headless browser, and end it.

    Raises:
        FileNotFoundError: Raised when no Chromium or Chrome is on the PATH.
    """
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise FileNotFoundError(
            f"Expected one of {', '.join(_PROGRAMS)} on the PATH; found none. "
            "Install Chromium, for example with `sudo apt-get install chromium`."
        )
    with sync_playwright() as playwright:
        # Chromium's sandbox does not run as root, as in containers.
        sandboxed = os.geteuid() != 0
        browser = playwright.chromium.launch(
            executable_path=program, chromium_sandbox=sandboxed, args=[*_QUIET]
        )
        yield browser
        browser.close()
