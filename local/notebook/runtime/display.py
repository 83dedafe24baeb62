"""`display` and `displayHTML`: what a notebook shows."""

from __future__ import annotations

import io
import warnings
from typing import Any

from IPython.display import HTML, SVG
from IPython.display import display as show

from .table import MAX_ROWS, html_table

__all__ = ["display", "display_html"]


def display(shown: Any = None, *others: Any, **options: Any) -> None:  # noqa: ANN401  # anything
    """Show anything: a Spark or pandas DataFrame as a table, a figure as a picture.

    Of a table the first 1,000 rows are shown.

    Raises:
        NotImplementedError: It is a streaming DataFrame.
    """
    show(_presented(shown), *(_presented(other) for other in others), **options)  # type: ignore[no-untyped-call]  # untyped library


def display_html(html: str) -> None:
    """Show HTML."""
    show(HTML(html))  # type: ignore[no-untyped-call]  # untyped library


def _presented(shown: Any) -> Any:  # noqa: ANN401  # anything
    """Return what IPython shows in place of `shown`."""
    kind = f"{type(shown).__module__}.{type(shown).__qualname__}"
    if kind.startswith("pyspark.sql.") and kind.endswith(".DataFrame"):
        return HTML(_spark_table(shown))  # type: ignore[no-untyped-call]  # untyped library
    if kind.startswith("pandas.") and kind.endswith(".DataFrame"):
        return HTML(html_table(shown.head(MAX_ROWS), is_cut=len(shown) > MAX_ROWS))  # type: ignore[no-untyped-call]  # untyped library
    if kind == "matplotlib.figure.Figure":
        return SVG(_svg(shown))  # type: ignore[no-untyped-call]  # untyped library
    if isinstance(shown, list) and shown and all(hasattr(entry, "_asdict") for entry in shown):
        return _presented(_named_rows(shown))  # what dbutils.fs.ls and .mounts return
    return shown


def _spark_table(rows: Any) -> str:  # noqa: ANN401  # pyspark is imported only where it is used
    if rows.isStreaming:
        raise NotImplementedError(
            "The local runtime does not display streaming DataFrames: write the stream to a table "
            "and display the table."
        )
    collected = rows.limit(MAX_ROWS + 1).toPandas()
    return html_table(collected.head(MAX_ROWS), is_cut=len(collected) > MAX_ROWS)


def _named_rows(entries: list[Any]) -> Any:  # noqa: ANN401  # pandas is imported only where it is used
    import pandas as pd  # noqa: PLC0415

    return pd.DataFrame([entry._asdict() for entry in entries])


def _svg(figure: Any) -> str:  # noqa: ANN401  # matplotlib is imported only where it is used
    """Return a figure as SVG whose text is text, so that the reader's fonts draw it."""
    import matplotlib as mpl  # noqa: PLC0415

    picture = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(picture, format="svg", bbox_inches="tight")
    return picture.getvalue()
