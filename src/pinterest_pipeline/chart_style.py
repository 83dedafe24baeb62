"""The parts of charts: figures, bars with their values, colours, short texts; and figures as SVG.

This module uses only `Figure` objects and changes no global state of matplotlib, so any program can
draw charts at any time. It never reads text of the data as a formula (`$…$`).
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Iterable, Sequence
from html import escape
from textwrap import fill
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

__all__ = [
    "ACCENT",
    "INK",
    "MUTED",
    "WIDE",
    "bars",
    "clipped",
    "colours",
    "columns",
    "compact",
    "empty_figure",
    "enumerated",
    "figure",
    "first_of",
    "footnote",
    "heading",
    "height_of",
    "joined",
    "large_text",
    "rest",
    "svg",
]

INK = "#1f2937"
"""Colour of text. In SVG it becomes the text colour of the page, light or dark."""
MUTED = "#7b8494"
"""Colour of secondary text, legible on a light and on a dark page."""
ACCENT = "#3b6fd4"
"""Colour of bars without a category."""
WIDE = 10.4
"""Width in inches of a chart of many bars."""

_COLOURS = {
    "art": "#e4572e",
    "beauty": "#e8779f",
    "christmas": "#2e8b57",
    "diy-and-crafts": "#f2a541",
    "education": "#3b6fd4",
    "event-planning": "#9b5de5",
    "finance": "#5b7f4e",
    "home-decor": "#b07d4f",
    "mens-fashion": "#33658a",
    "quotes": "#8d99ae",
    "tattoos": "#a23b72",
    "travel": "#1fa3b3",
    "vehicles": "#c0392b",
}
_OTHER = "#8d8d8d"
_FEW = 4
"""A chart of fewer bars draws them as thin as a chart of this many."""
_SCALES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
_PAGE_FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"


def height_of(bars: int) -> float:
    """Return the height in inches of a figure of that many horizontal bars."""
    return 1.6 + 0.33 * max(bars, _FEW)


def figure(title: str, question: str, *, height: float, width: float = 6.4) -> Figure:
    """Return an empty figure with a title and the question below it. Sizes are in inches."""
    layout = ConstrainedLayoutEngine(rect=(0, 0, 1, 1 - 0.82 / height), w_pad=0.1, h_pad=0.08)
    drawing = Figure(figsize=(width, height), layout=layout)
    drawing.patch.set_alpha(0)
    drawing.set_label(title)
    drawing.text(
        0.012,
        1 - 0.1 / height,
        title,
        size=min(15.0, 110 * width / max(len(title), 1)),
        weight="bold",
        color=INK,
        va="top",
        parse_math=False,
    )
    drawing.text(
        0.012, 1 - 0.45 / height, question, size=10.5, color=MUTED, va="top", parse_math=False
    )
    return drawing


def empty_figure(question: str) -> Figure:
    """Return a figure that says that there is nothing to show."""
    drawing = figure("No rows", question, height=1.3)
    note = "The clean tables have no rows for this question."
    drawing.text(0.012, 0.14, note, size=11, color=INK)
    return drawing


def heading(axes: Axes, text: str) -> None:
    """Write a heading above one part of a figure."""
    axes.set_title(text, loc="left", size=10.5, color=INK, pad=8, weight="bold")


def footnote(axes: Axes, text: str) -> None:
    """Write a note below one part of a figure."""
    axes.text(0, -0.01, text, transform=axes.transAxes, va="top", size=10, color=MUTED)


def large_text(drawing: Figure, text: str, note: str) -> None:
    """Write one name in large letters, and a note in a few short lines below it."""
    line = clipped(text, 48)
    size = min(30.0, 600 / len(line))
    drawing.text(
        0.018, 0.45, line, size=size, weight="bold", color=ACCENT, va="center", parse_math=False
    )
    if note:
        drawing.text(
            0.018, 0.3, fill(note, 66), size=10.5, color=INK, va="top", parse_math=False,
            linespacing=1.4,
        )  # fmt: skip


def bars(
    axes: Axes,
    names: Sequence[str],
    values: Sequence[float],
    labels: Sequence[str],
    colours: Sequence[str],
    *,
    room: int = 0,
) -> None:
    """Draw horizontal bars from top to bottom, each with its label behind it.

    The bars are as thin as those of a chart of `room` bars, such as the chart beside this one.
    """
    places = range(len(names))
    axes.barh(places, values, color=colours, height=0.72)
    axes.set_yticks(places, [clipped(name) for name in names], size=10, color=INK, parse_math=False)
    axes.set_ylim(max(len(names), room, _FEW) - 0.5, -0.5)
    for place, value, label in zip(places, values, labels, strict=True):
        axes.annotate(
            label, (value, place), (5, 0), textcoords="offset points", va="center",
            size=9.5, color=INK, parse_math=False,
        )  # fmt: skip
    axes.set_xlim(0, max([*values, 1]) * 1.02)
    _bare(axes)
    axes.xaxis.set_visible(False)


def columns(
    axes: Axes,
    names: Sequence[str],
    values: Sequence[float],
    labels: Sequence[str],
    colours: Sequence[str],
) -> None:
    """Draw vertical bars from left to right, each with its label above it."""
    places = range(len(names))
    axes.bar(places, values, color=colours, width=0.72)
    middle, half = (len(names) - 1) / 2, max(len(names), _FEW) / 2
    axes.set_xlim(middle - half, middle + half)
    axes.set_xticks(places, names, size=10.5, color=INK, parse_math=False)
    for place, value, label in zip(places, values, labels, strict=True):
        axes.annotate(
            label, (place, value), (0, 4), textcoords="offset points", ha="center", va="bottom",
            size=10, color=INK, parse_math=False, linespacing=1.25,
        )  # fmt: skip
    axes.set_ylim(0, max([*values, 1]) * 1.18)
    _bare(axes)
    axes.yaxis.set_visible(False)


def compact(count: float) -> str:
    """Return a count, rounded to three digits, in a short form: 437, 124k, 1.2k, 15M, 3B."""
    rounded = float(f"{count:.3g}") if count >= _SCALES[-1][0] else count
    for scale, letter in _SCALES:
        if rounded >= scale:
            return f"{rounded / scale:,g}{letter}"
    return f"{count:,.4g}"


def clipped(name: str, length: int = 34) -> str:
    """Return a name in one line of at most `length` characters."""
    line = " ".join(name.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def joined(names: Sequence[object]) -> str:
    """Return names as a list in a sentence: `a, b and c`."""
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


def enumerated(names: Sequence[str], *, most: int) -> str:
    """Return the first `most` names, clipped, and how many more there are."""
    more = len(names) - most
    shown = ", ".join(clipped(name, 20) for name in names[:most])
    return f"{shown} and {more:,} more" if more > 0 else shown


def first_of(names: Sequence[str]) -> str:
    """Return the first name, and how many other distinct names there are."""
    others = len(set(names)) - 1
    return f"{clipped(names[0], 22)} and {others:,} more" if others else names[0]


def rest(more: int) -> str:
    """Return a note about the countries that a chart leaves out; empty where there are none."""
    return f"and {more:,} more countries" if more > 0 else ""


def colours(categories: Iterable[str]) -> list[str]:
    """Return the colour of each category, which is the same in every chart."""
    return [_COLOURS.get(category, _OTHER) for category in categories]


def svg(drawing: Figure, bbox_inches: Literal["tight"] | None = None) -> str:
    """Return a figure as an `<svg>` element for a page. Its text stays text.

    The page's fonts draw the text, so names of any script and emoji are legible. The text has the
    text colour of the page. The same figure always gives the same SVG. The ids of two different
    figures on one page do not collide. With `tight`, the image ends at the outermost text.
    """
    output = io.StringIO()
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "chart"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        undated = {"Date": None, "Creator": None}
        drawing.savefig(output, format="svg", bbox_inches=bbox_inches, metadata=undated)
    element = output.getvalue()[output.getvalue().index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = element.replace("'DejaVu Sans'", _PAGE_FONT).replace(INK, "currentColor")
    own = f"c{hashlib.sha256(element.encode()).hexdigest()[:8]}-"
    element = re.sub(r'(<\w+ id="|url\(#|xlink:href="#)', rf"\g<1>{own}", element)
    title = escape(str(drawing.get_label()))
    shape = f'<svg role="img" aria-label="{title}" style="max-width:100%;height:auto"'
    return element.replace("<svg", shape, 1)


def _bare(axes: Axes) -> None:
    axes.patch.set_alpha(0)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
