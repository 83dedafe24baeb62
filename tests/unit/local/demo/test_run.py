"""How long the demo waits for records to land."""

from __future__ import annotations

from local.demo.landing import stall_seconds
from local.settings import Settings


def test_an_object_that_waits_for_its_rotation_is_no_stall(settings: Settings) -> None:
    slow = settings.model_copy(update={"rotate_seconds": 3600.0})

    assert stall_seconds(slow) == 3660
