"""Clients of the workspace: the SDK, and a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databricks.sdk import WorkspaceClient
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import running_browser
from tests.support.workspace import LocalWorkspace


@pytest.fixture
def client(workspace: LocalWorkspace) -> WorkspaceClient:
    return workspace.client()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, workspace: LocalWorkspace) -> Iterator[Page]:
    """Give a page that is signed in. Errors in its console fail the test."""
    page = browser.new_page(base_url=workspace.url)
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"/login?token={workspace.token}")
    yield page
    page.close()
    assert errors == []
