"""Any value is shown as text, escaped; a cut table says so."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from local.notebook.runtime.table import html_table


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a<b & 'c'", "<td>a&lt;b &amp; &#x27;c&#x27;</td>"),
        (None, '<td><span class="null">null</span></td>'),
        (["a", "é"], "<td>[&quot;a&quot;, &quot;é&quot;]</td>"),
        (np.array([1.5, 2.0]), "<td>[1.5, 2.0]</td>"),
        (dt.datetime(2020, 1, 2, 3, 4, tzinfo=None), "<td>2020-01-02 03:04:00</td>"),  # noqa: DTZ001  # Spark's
    ],
)
def test_a_value_is_shown_as_text(value: object, shown: str) -> None:
    rows = pd.DataFrame({"column": pd.Series([value, "x"], dtype="object")})
    assert shown in html_table(rows)


def test_numbers_stand_at_the_right() -> None:
    assert '<td class="n">5</td>' in html_table(pd.DataFrame({"count": [5]}))


def test_a_cut_table_says_so() -> None:
    assert "The first 2 rows; there are more." in html_table(
        pd.DataFrame({"n": [1, 2]}), is_cut=True
    )


@pytest.mark.parametrize(
    ("count", "note"), [(0, ">0 rows<"), (1, ">1 row<"), (1000, ">1,000 rows<")]
)
def test_a_whole_table_says_how_many_rows(count: int, note: str) -> None:
    assert note in html_table(pd.DataFrame({"n": range(count)}))
