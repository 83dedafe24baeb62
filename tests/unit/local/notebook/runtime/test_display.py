"""Tables show each value as escaped text, and say when rows are missing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from local.notebook.runtime.display import display, html_table


@pytest.mark.parametrize(
    ("value", "html"),
    [
        ("a<b & 'c'", "<td>a&lt;b &amp; &#x27;c&#x27;</td>"),
        (None, '<td><span class="null">null</span></td>'),
        (float("nan"), '<td><span class="null">null</span></td>'),
        (pd.NaT, '<td><span class="null">null</span></td>'),
        (np.float64(1.5), "<td>1.5</td>"),
        (["a", "é"], "<td>[&quot;a&quot;, &quot;é&quot;]</td>"),
        (np.array([1.5, 2.0]), "<td>[1.5, 2.0]</td>"),
        (dt.datetime(2020, 1, 2, 3, 4, tzinfo=None), "<td>2020-01-02 03:04:00</td>"),  # noqa: DTZ001  # Spark's
    ],
)
def test_a_value_is_shown_as_text(value: object, html: str) -> None:
    rows = pd.DataFrame({"column": pd.Series([value, "x"], dtype="object")})
    assert html in html_table(rows)


def test_numbers_are_aligned_right() -> None:
    assert '<td class="n">5</td>' in html_table(pd.DataFrame({"count": [5]}))


def test_a_truncated_table_says_so() -> None:
    rows = pd.DataFrame({"n": [1, 2]})
    assert "First 2 rows; there are more." in html_table(rows, is_truncated=True)


@pytest.mark.parametrize(
    ("count", "note"), [(0, ">0 rows<"), (1, ">1 row<"), (1000, ">1,000 rows<")]
)
def test_a_complete_table_shows_its_number_of_rows(count: int, note: str) -> None:
    assert note in html_table(pd.DataFrame({"n": range(count)}))


def test_a_figure_is_shown_as_an_image_whose_text_stays_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("local.notebook.runtime.display.show", shown.append)
    figure = Figure()
    figure.text(0.5, 0.5, "Пины")
    display(figure)
    assert ">Пины</text>" in shown[0].data
