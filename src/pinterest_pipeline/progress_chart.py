"""The chart of a stream: how many records were written, and how old the oldest was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure

from pinterest_pipeline.drawing import INK, MUTED, figure, heading
from pinterest_pipeline.progress import MicroBatch

__all__ = ["progress_chart"]

_QUESTION = "How fast were the streams cleaned, and how far behind?"
_COLOURS: Final = ("#3b6fd4", "#e4572e", "#2e8b57", "#f2a541")


def progress_chart(batches: Sequence[MicroBatch]) -> Figure:
    """Return the records per second and the lag of each micro-batch, by query, over time."""
    drawn = figure(_title(batches), _QUESTION, height=3.6, width=10.4)
    left, right = drawn.subplots(1, 2)
    heading(left, "Records per second, by micro-batch")
    _lines(left, batches, lambda batch: batch.records_per_second)
    heading(right, "Lag in seconds, of the oldest record")
    _lines(right, batches, lambda batch: batch.lag_seconds)
    if batches:
        _legend(drawn, left)
    return drawn


def _legend(drawn: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    drawn.legend(
        handles,
        labels,
        frameon=False,
        fontsize=9.5,
        labelcolor=INK,
        loc="upper right",
        ncols=len(labels),
    ).set_in_layout(False)


def _title(batches: Sequence[MicroBatch]) -> str:
    if not batches:
        return "Nothing new in the streams"
    records = sum(batch.records for batch in batches)
    worst = max(batch.lag_seconds for batch in batches)
    return f"{records:,} records in {len(batches):,} micro-batches, at most {worst:,.1f} s behind"


def _lines(axes: Axes, batches: Sequence[MicroBatch], value: Callable[[MicroBatch], float]) -> None:
    queries = sorted({batch.query for batch in batches})
    for place, query in enumerate(queries):
        own = [batch for batch in batches if batch.query == query]
        axes.plot(
            [batch.written_at for batch in own],  # type: ignore[arg-type]  # matplotlib takes times
            [value(batch) for batch in own],
            marker="o",
            markersize=4,
            color=_COLOURS[place % len(_COLOURS)],
            label=query.removeprefix("clean "),
        )
    highest = max((value(batch) for batch in batches), default=1.0)
    axes.set_ylim(0, highest * 1.12)
    axes.patch.set_alpha(0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[:].set_color(MUTED)
    axes.tick_params(length=0, labelcolor=INK, labelsize=9.5)
    axes.grid(axis="y", color=MUTED, alpha=0.25)
    if batches:
        axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))  # type: ignore[no-untyped-call]  # untyped
    else:
        axes.set_xticks([])
