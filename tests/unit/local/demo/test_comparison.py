"""The pipelines are equal only if all tables and answers are."""

from __future__ import annotations

import pandas as pd

from local.demo.comparison import Comparison, TableDifference, differing_answers


def test_differing_answers_are_named() -> None:
    one, other = pd.DataFrame({"count": [1, 2]}), pd.DataFrame({"count": [1, 3]})
    assert differing_answers({"a": one, "b": one}, {"a": one.copy(), "b": other}) == ["b"]


def test_pipelines_are_equal_without_a_difference() -> None:
    assert Comparison([], []).equal
    assert not Comparison([TableDifference("pin", 1, 0, [1])], []).equal
    assert not Comparison([], ["top_poster_country"]).equal
