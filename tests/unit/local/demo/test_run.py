"""How long the demo waits for records to land."""

from __future__ import annotations

from local.demo.run import stall_seconds


def test_an_object_that_waits_for_its_rotation_is_no_stall() -> None:
    assert stall_seconds(rotate_seconds=3600) == 3660
