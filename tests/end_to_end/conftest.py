"""The environment of a module's commands: a state folder and ports of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from local.settings import Settings
from local.temporary import free_ports, temporary_state
from tests.support.checkout import Checkout


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    with temporary_state() as state, pytest.MonkeyPatch.context() as patch:
        for name in [
            name for name in os.environ if name.startswith(("PINTEREST_", "MAKE", "MFLAGS"))
        ]:
            patch.delenv(name)  # a developer's own settings, and those of `make test` itself
        patch.setenv("PINTEREST_STATE", str(state / "stack"))
        patch.setenv("PINTEREST_EMULATOR_STATE", str(state / "emulator"))
        patch.setenv("PINTEREST_ROTATE_SECONDS", "1")
        patch.setenv("PINTEREST_FLUSH_SIZE", "20")  # many objects, so that landing takes a while
        for name, port in free_ports().items():
            patch.setenv(f"PINTEREST_{name.upper()}", str(port))
        patch.setenv("PINTEREST_API", Settings().api_url)
        checkout = Checkout(Settings(), {**os.environ, "COLUMNS": "80"})
        yield checkout
        checkout.run("make", "down")
