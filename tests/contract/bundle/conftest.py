"""The project's bundle in a checkout of its own, with the names of its own."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator

import pytest

from local.settings import ROOT, Settings
from tests.support.databricks_cli import Bundle, bundle_in
from tests.support.workspace import LocalWorkspace

_FILES = ("databricks.yml", "pyproject.toml", "README.md", "resources", "notebooks", "src")


@pytest.fixture(scope="module")
def checkout(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings, workspace: LocalWorkspace
) -> Iterator[Bundle]:
    """Give a copy of the bundle. Afterwards, nothing of it is left in the workspace."""
    root = tmp_path_factory.mktemp("checkout")
    for name in _FILES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    own = f"bundle_{uuid.uuid4().hex[:12]}"
    checkout = bundle_in(
        root,
        settings,
        workspace,
        BUNDLE_VAR_schema=own,
        BUNDLE_VAR_stream_schema=f"{own}_stream",
        BUNDLE_VAR_warehouse_id="local",
        BUNDLE_VAR_service_principal="11111111-2222-3333-4444-555555555555",
    )
    yield checkout
    checkout("destroy", "--target", "local", "--auto-approve")
