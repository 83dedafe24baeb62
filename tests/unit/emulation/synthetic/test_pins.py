"""Follower counts as the site writes them."""

from __future__ import annotations

import pytest

from emulation.synthetic.pins import follower_text


@pytest.mark.parametrize(
    ("followers", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1k"),
        (124_999, "124k"),
        (985_999, "985k"),
        (986_000, "1M"),
        (2_999_999, "2M"),
        (7_000_000, "6M"),
        (14_000_000, "8M"),
        (15_000_000, "15M"),
    ],
)
def test_followers_are_written_short(followers: int, text: str) -> None:
    assert follower_text(followers) == text
