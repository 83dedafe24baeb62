"""The chart of a stream: records per second and lag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pinterest_pipeline.chart_style import INK, MUTED, WIDE, bars, figure, heading, height_of
from pinterest_pipeline.monitoring import MicroBatch

__all__ = ["progress_chart"]

_QUESTION = "How fast were the streams cleaned, and how far behind?"
_COLOURS: Final = ("#3b6fd4", "#e4572e", "#2e8b57", "#f2a541")
_WAITING = "#b4bac5"
_FEW = 8
"""Up to this many micro-batches are bars; so few points make no useful line."""
_SHOWN_WAIT_SECONDS = 1.0
"""The title omits a shorter wait for the query."""
_LONG_SECONDS = 600


def progress_chart(batches: Sequence[MicroBatch]) -> Figure:
    """Return the records per second and the lag of each micro-batch, by query.

    A few micro-batches are bars; many are lines over time.
    """
    if not batches:
        return figure("Nothing new in the streams", _QUESTION, height=1.3, width=WIDE)
    return _as_bars(batches) if len(batches) <= _FEW else _as_lines(batches)


def _as_bars(batches: Sequence[MicroBatch]) -> Figure:
    ordered = sorted(batches, key=lambda batch: (batch.event, batch.batch_id))
    drawing = figure(_title(batches), _QUESTION, height=height_of(len(ordered)), width=WIDE)
    left, right = drawing.subplots(1, 2)
    names = [f"{batch.event}, batch {batch.batch_id}" for batch in ordered]
    colours = [_colour(batch.event, batches) for batch in ordered]
    heading(left, "Records per second, by micro-batch")
    rates = [batch.records_per_second for batch in ordered]
    labels = [
        f"{rate:,.0f} · {batch.records:,} in {batch.seconds:,.1f} s"
        for rate, batch in zip(rates, ordered, strict=True)
    ]
    bars(left, names, rates, labels, colours)
    heading(right, "Lag in seconds; grey: before the query began")
    lags = [batch.lag_seconds for batch in ordered]
    bars(right, names, lags, [f"{lag:,.1f}" for lag in lags], colours)
    waits = [_wait(batch, batches) for batch in ordered]
    right.barh(range(len(ordered)), waits, color=_WAITING, height=0.72)
    return drawing


def _as_lines(batches: Sequence[MicroBatch]) -> Figure:
    drawing = figure(_title(batches), _QUESTION, height=3.6, width=WIDE)
    left, right = drawing.subplots(1, 2)
    heading(left, "Records per second, by micro-batch")
    _lines(left, batches, lambda batch: batch.records_per_second)
    heading(right, "Lag in seconds, of the oldest record")
    _lines(right, batches, lambda batch: batch.lag_seconds)
    _legend(drawing, left)
    return drawing


def _legend(drawing: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    drawing.legend(
        handles,
        labels,
        frameon=False,
        fontsize=9.5,
        labelcolor=INK,
        loc="upper right",
        bbox_to_anchor=(1, 0.92),  # below the title
        ncols=len(labels),
    ).set_in_layout(False)


def _title(batches: Sequence[MicroBatch]) -> str:
    records = sum(batch.records for batch in batches)
    many = f"{len(batches):,} micro-batch{'' if len(batches) == 1 else 'es'}"
    oldest = max(batches, key=lambda batch: batch.lag_seconds)
    lag = f"lag at most {oldest.lag_seconds:,.1f} s"
    if (wait := _wait(oldest, batches)) >= _SHOWN_WAIT_SECONDS:
        lag += f", {wait:,.1f} s of it before the query began"
    return f"{records:,} records in {many}, {lag}"


def _wait(batch: MicroBatch, batches: Sequence[MicroBatch]) -> float:
    """Return the part of a micro-batch's lag, in seconds, from before its query began."""
    began = min(_began(other) for other in batches if other.event == batch.event)
    return max(0.0, began - (batch.written_at.timestamp() - batch.lag_seconds))


def _began(batch: MicroBatch) -> float:
    return batch.written_at.timestamp() - batch.seconds


def _colour(event: str, batches: Sequence[MicroBatch]) -> str:
    events = sorted({batch.event for batch in batches})
    return _COLOURS[events.index(event) % len(_COLOURS)]


def _lines(axes: Axes, batches: Sequence[MicroBatch], value: Callable[[MicroBatch], float]) -> None:
    start = min(_began(batch) for batch in batches)
    length = max(batch.written_at.timestamp() for batch in batches) - start
    unit, seconds = ("minutes", 60) if length > _LONG_SECONDS else ("seconds", 1)
    for event in sorted({batch.event for batch in batches}):
        own = [batch for batch in batches if batch.event == event]
        axes.plot(
            [(batch.written_at.timestamp() - start) / seconds for batch in own],
            [value(batch) for batch in own],
            marker="o",
            markersize=4,
            color=_colour(event, batches),
            label=event,
        )
    axes.set_xlabel(f"{unit} since the first micro-batch began", color=MUTED)
    axes.set_xlim(left=0)
    axes.set_ylim(0, max(value(batch) for batch in batches) * 1.12)
    axes.patch.set_alpha(0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[:].set_color(MUTED)
    axes.tick_params(length=0, labelcolor=INK, labelsize=9.5)
    axes.grid(axis="y", color=MUTED, alpha=0.25)
