"""Records on their way in one request."""

from __future__ import annotations

import pytest

from emulation.delivery import Delivery, parts


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([b"aa"], [[b"aa"]]),
        ([b"aa", b"bb"], [[b"aa", b"bb"]]),
        ([b"aa", b"bb", b"c"], [[b"aa", b"bb"], [b"c"]]),
        ([b"aaaaaa", b"b"], [[b"aaaaaa"], [b"b"]]),
        ([b"a", b"bbbbbb", b"c"], [[b"a"], [b"bbbbbb"], [b"c"]]),
        ([b"a", b"bbbb", b"c", b"ddd"], [[b"a"], [b"bbbb"], [b"c", b"ddd"]]),
    ],
)
def test_parts_keep_the_order_and_the_limit(
    records: list[bytes], expected: list[list[bytes]]
) -> None:
    assert list(parts(records, 4)) == expected


def test_a_delivery_advances_when_a_record_is_settled(clock: list[float]) -> None:
    delivery = Delivery("pin", [b"1", b"2"])
    clock[0] = 110.0
    delivery.keep([b"1", b"2"], 0)
    assert delivery.advanced_at == 100.0
    delivery.keep([b"2"], 0)
    assert delivery.advanced_at == 110.0
