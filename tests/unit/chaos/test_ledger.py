"""The checker of chaos runs finds each kind of wrong row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.ledger import Found, Ledger, Result, Stages, Verdict, check

LEDGER = Ledger(
    acknowledged={1: 1, 2: 3, 3: 1},
    ambiguous={3: {2}, 4: {1}},
    bad={"bad 7"},
    ambiguous_bad={"bad 8"},
    records=6,
)
RIGHT = Found([(1, 1), (2, 3), (3, 2)], [("topic", "0/1", "bad 7")])
PASSED = Verdict(acknowledged=6, ambiguous=3)


@pytest.mark.parametrize(
    "found",
    [
        RIGHT,
        Found([(1, 1), (2, 3), (3, 1)], RIGHT.rejected),
        Found([*RIGHT.versions, (4, 1)], [*RIGHT.rejected, ("topic", "0/2", "bad 8")]),
        Found(RIGHT.versions, [*RIGHT.rejected, ("topic", "0/3", "bad 7")]),
    ],
    ids=["right", "ambiguous version missing", "ambiguous records stored", "bad record sent twice"],
)
def test_acknowledged_records_must_and_ambiguous_ones_may_be_there(found: Found) -> None:
    assert check(LEDGER, found) == PASSED
    assert PASSED.passed


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (Found(RIGHT.versions[1:], RIGHT.rejected), {"unseen": 1}),
        (Found(RIGHT.versions, []), {"unseen": 1}),
        (Found([(1, 1), (2, 2), (3, 2)], RIGHT.rejected), {"stale": 1}),
        (Found([*RIGHT.versions, (1, 1)], RIGHT.rejected), {"duplicates": 1}),
        (Found(RIGHT.versions, RIGHT.rejected * 3), {"duplicates": 2}),
        (Found([*RIGHT.versions, (9, 1)], RIGHT.rejected), {"unknown": 1}),
        (Found([(1, 1), (2, 4), (3, 2)], RIGHT.rejected), {"unknown": 1}),
        (Found(RIGHT.versions, [*RIGHT.rejected, ("t", "0/9", "bad 9")]), {"unknown": 1}),
    ],
)
def test_each_wrong_row_is_found(found: Found, wrong: dict[str, int]) -> None:
    verdict = check(LEDGER, found)
    assert verdict == replace(PASSED, **wrong)
    assert not verdict.passed


PASSING = Result({"batch": PASSED}, Stages(8, 8, 8), {"batch": 3}, cleanings_failed=1, optimized=2)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"verdicts": {"batch": replace(PASSED, stale=1)}}, "batch has 1 stale"),
        ({"verdicts": {"batch": replace(PASSED, acknowledged=0)}}, "batch acknowledged nothing"),
        ({"stages": Stages(8, 9, 8)}, "different numbers"),
        ({"stages": Stages(8, 8, 7)}, "different numbers"),
    ],
    ids=["stale", "nothing sent", "landed twice", "not counted"],
)
def test_a_run_passes_only_if_records_were_sent_and_all_numbers_agree(
    wrong: dict[str, Any], error: str
) -> None:
    assert PASSING.errors == []
    [found] = replace(PASSING, **wrong).errors
    assert error in found
