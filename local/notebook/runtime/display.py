"""`display` and `displayHTML`: show tables, figures and HTML in a notebook."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from IPython.display import HTML, SVG
from IPython.display import display as show

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame

__all__ = ["MAX_ROWS", "display", "display_html", "first_rows", "html_table"]

MAX_ROWS = 1000
"""Number of rows that are shown, as on Databricks."""

_NUMERIC_KINDS = "biufc"
"""NumPy's codes for boolean, integer, unsigned integer, float and complex."""

_WHOLE_NUMBERS = {"byte", "short", "integer", "long"}

# Jupyter's own style sheet aligns all cells right, with a more specific selector than a class.
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


def display(value: Any = None, *others: Any, **options: Any) -> None:  # noqa: ANN401  # anything
    """Show values: a Spark or pandas DataFrame as a table, a matplotlib figure as an image.

    Of a table, the first 1,000 rows are shown.

    Raises:
        NotImplementedError: Raised when a value is a streaming DataFrame.
    """
    show(_displayable(value), *(_displayable(other) for other in others), **options)  # type: ignore[no-untyped-call]  # untyped library


def display_html(html: str) -> None:
    """Show HTML."""
    show(HTML(html))  # type: ignore[no-untyped-call]  # untyped library


def first_rows(frame: DataFrame, count: int) -> pd.DataFrame:
    """Return the first rows of a Spark DataFrame.

    A whole number stays one in a column with nulls, where pandas would make it a float.
    """
    whole_numbers = {
        field.name: "Int64"
        for field in frame.schema.fields
        if field.dataType.typeName() in _WHOLE_NUMBERS and frame.columns.count(field.name) == 1
    }
    return frame.limit(count).toPandas().astype(whole_numbers)


def html_table(rows: pd.DataFrame, *, is_truncated: bool = False) -> str:
    """Return the rows as HTML; `is_truncated` says that the source has more rows."""
    numeric = [dtype.kind in _NUMERIC_KINDS for dtype in rows.dtypes]
    head = "".join(
        f"<th{' class=n' if is_number else ''}>{escape(str(name))}</th>"
        for name, is_number in zip(rows.columns, numeric, strict=True)
    )
    values = rows.itertuples(index=False, name=None)
    nulls = rows.isna().itertuples(index=False, name=None)
    body = "".join(_row(zip(*row, numeric, strict=True)) for row in zip(values, nulls, strict=True))
    note = _note(len(rows), is_truncated=is_truncated)
    return (
        f'{_STYLE}<div class="rows"><table><thead><tr>{head}</tr></thead>'
        f'<tbody>{body}</tbody></table></div><p class="rows-note">{note}</p>'
    )


def _note(count: int, *, is_truncated: bool) -> str:
    if is_truncated:
        return f"First {count:,} rows; there are more."
    return f"{count:,} row{'' if count == 1 else 's'}"


def _row(cells: Iterable[tuple[Any, bool, bool]]) -> str:
    return f"<tr>{''.join(_cell(*cell) for cell in cells)}</tr>"


def _cell(value: Any, is_null: bool, is_number: bool) -> str:  # noqa: ANN401  # any value of a column
    css = ' class="n"' if is_number else ""
    content = '<span class="null">null</span>' if is_null else escape(_text(value))
    return f"<td{css}>{content}</td>"


def _text(value: Any) -> str:  # noqa: ANN401  # any value of a column
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if hasattr(value, "tolist"):  # a NumPy array or scalar
        return _text(value.tolist())
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _displayable(value: Any) -> Any:  # noqa: ANN401  # anything
    """Return what IPython shows for `value`."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if kind.startswith("pyspark.sql.") and kind.endswith(".DataFrame"):
        return HTML(_spark_table(value))  # type: ignore[no-untyped-call]  # untyped library
    if kind.startswith("pandas.") and kind.endswith(".DataFrame"):
        return HTML(_pandas_table(value))  # type: ignore[no-untyped-call]  # untyped library
    if kind == "matplotlib.figure.Figure":
        return SVG(_svg(value))  # type: ignore[no-untyped-call]  # untyped library
    if isinstance(value, list) and value and all(hasattr(entry, "_asdict") for entry in value):
        return _displayable(_named_rows(value))  # the results of dbutils.fs.ls and .mounts
    return value


def _svg(figure: Any) -> str:  # noqa: ANN401  # matplotlib is imported only where it is used
    try:
        from pinterest_pipeline.chart_style import svg  # noqa: PLC0415  # slow to import
    except ImportError:  # a job without the library's wheel
        image = io.StringIO()
        figure.savefig(image, format="svg", bbox_inches="tight")
        return image.getvalue()
    return svg(figure, bbox_inches="tight")


def _spark_table(rows: Any) -> str:  # noqa: ANN401  # pyspark is imported only where it is used
    if rows.isStreaming:
        raise NotImplementedError(
            "The local runtime does not display streaming DataFrames. Write the stream to a table "
            "and display the table."
        )
    # As text, because pandas has no time after the year 2262.
    times = {
        name: rows[name].cast("string")
        for name, kind in rows.dtypes
        if kind.startswith("timestamp") and rows.columns.count(name) == 1
    }
    shown = rows.withColumns(times) if times else rows
    return _pandas_table(first_rows(shown, MAX_ROWS + 1))


def _pandas_table(rows: pd.DataFrame) -> str:
    return html_table(rows.head(MAX_ROWS), is_truncated=len(rows) > MAX_ROWS)


def _named_rows(entries: list[Any]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415  # slow to import

    return pd.DataFrame([entry._asdict() for entry in entries])
