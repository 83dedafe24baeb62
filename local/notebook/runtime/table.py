"""A table of rows as HTML: legible, light or dark, and complete in itself."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["MAX_ROWS", "html_table"]

MAX_ROWS = 1000
"""Rows that are shown, as on Databricks."""

# Jupyter's own style sheet sets all cells to the right, more specifically than a class can.
_STYLE = """<style>
.rows{max-height:26rem;overflow:auto;border:1px solid rgba(128,128,128,.3);border-radius:6px;
 margin:.3rem 0;font:13px/1.45 system-ui,sans-serif;width:fit-content;max-width:100%}
.rows table{border-collapse:separate;border-spacing:0;margin:0;font:inherit}
.rows table thead th{position:sticky;top:0;background:#f3f4f6;color:#111827;
 text-align:left!important;font-weight:600;padding:.4rem .8rem;
 border-bottom:1px solid rgba(128,128,128,.35);white-space:nowrap}
.rows table tbody td{padding:.28rem .8rem;border-bottom:1px solid rgba(128,128,128,.15);
 text-align:left!important;vertical-align:top;max-width:28rem;overflow-wrap:anywhere;white-space:pre-wrap}
.rows table tbody tr:last-child td{border-bottom:0}
.rows table thead th.n,.rows table tbody td.n{text-align:right!important;white-space:nowrap;
 font-variant-numeric:tabular-nums}
.rows .null{opacity:.45;font-style:italic}
.rows-note{font:12px system-ui,sans-serif;opacity:.65;margin:0 0 .6rem}
</style>"""


def html_table(rows: pd.DataFrame, *, is_cut: bool = False) -> str:
    """Return the rows as HTML; `is_cut` says that there are more than these."""
    numeric = [pd.api.types.is_numeric_dtype(rows.iloc[:, at]) for at in range(rows.shape[1])]
    head = "".join(
        f"<th{' class=n' if is_number else ''}>{escape(str(name))}</th>"
        for name, is_number in zip(rows.columns, numeric, strict=True)
    )
    body = "".join(_row(row, numeric) for row in rows.itertuples(index=False, name=None))
    return (
        f'{_STYLE}<div class="rows"><table><thead><tr>{head}</tr></thead>'
        f'<tbody>{body}</tbody></table></div><p class="rows-note">{_note(len(rows), is_cut)}</p>'
    )


def _note(count: int, is_cut: bool) -> str:
    if is_cut:
        return f"The first {count:,} rows; there are more."
    return f"{count:,} row{'' if count == 1 else 's'}"


def _row(row: Sequence[Any], numeric: Iterable[bool]) -> str:
    cells = (_cell(value, is_number) for value, is_number in zip(row, numeric, strict=True))
    return f"<tr>{''.join(cells)}</tr>"


def _cell(value: Any, is_number: bool) -> str:  # noqa: ANN401  # whatever a column holds
    css = ' class="n"' if is_number else ""
    if _is_null(value):
        return f'<td{css}><span class="null">null</span></td>'
    return f"<td{css}>{escape(_text(value))}</td>"


def _is_null(value: Any) -> bool:  # noqa: ANN401  # whatever a column holds
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _text(value: Any) -> str:  # noqa: ANN401  # whatever a column holds
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, np.ndarray):
        return _text(value.tolist())
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
