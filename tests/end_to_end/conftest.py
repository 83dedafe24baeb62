"""An environment of the module's own: state folder and ports."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack.ports import free_port
from local.stack.settings import Settings
from tests.end_to_end.checkout import Checkout


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    state = Path(tempfile.mkdtemp(prefix="pinterest-pipeline-"))
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PINTEREST_")]:
            patch.delenv(name)  # a developer's own settings
        patch.setenv("PINTEREST_STATE", str(state / "stack"))
        patch.setenv("PINTEREST_EMULATOR_STATE", str(state / "emulator"))
        patch.setenv("PINTEREST_ROTATE_SECONDS", "1")
        ports = [name for name in Settings.model_fields if name.endswith("_port")]
        for name in ports:
            patch.setenv(f"PINTEREST_{name.upper()}", str(free_port()))
        made = Checkout(Settings(), {**os.environ, "COLUMNS": "80"})
        yield made
    made.run("make", "down")
    shutil.rmtree(state)
