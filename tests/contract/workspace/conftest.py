"""A client of the workspace: the SDK itself."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient

from tests.support.workspace import LocalWorkspace


@pytest.fixture
def client(workspace: LocalWorkspace) -> WorkspaceClient:
    return workspace.client()
