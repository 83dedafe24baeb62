"""What charts are made of: bars with their values, colours, headings; and figures as SVG.

Only `Figure` objects are used and no global state of matplotlib is changed, so that charts can be
made anywhere and at any time. Text of the data is never read as a formula (`$…$`).
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Sequence
from html import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

__all__ = [
    "ACCENT",
    "INK",
    "MUTED",
    "bars",
    "clipped",
    "colour_of",
    "columns",
    "compact",
    "empty_figure",
    "figure",
    "footnote",
    "heading",
    "height_of",
    "svg",
]

INK = "#1f2937"
"""Colour of text. In SVG it becomes the text colour of the page, light or dark."""
MUTED = "#7b8494"
"""Colour of what is said quietly; legible on a light and on a dark page."""
ACCENT = "#3b6fd4"
"""Colour of bars that stand for no category."""

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
"""Fewer bars than these are drawn no thicker than these would be."""
_SCALES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
_PAGE_FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"


def height_of(bars: int) -> float:
    """Return the height in inches of a figure of that many horizontal bars."""
    return 1.6 + 0.33 * max(bars, _FEW)


def figure(title: str, question: str, *, height: float, width: float = 6.4) -> Figure:
    """Return an empty figure, sizes in inches, whose title states what the chart shows."""
    layout = ConstrainedLayoutEngine(rect=(0, 0, 1, 1 - 0.82 / height), w_pad=0.1, h_pad=0.08)
    made = Figure(figsize=(width, height), layout=layout)
    made.patch.set_alpha(0)
    made.set_label(title)
    made.text(
        0.012,
        1 - 0.1 / height,
        title,
        size=min(15.0, 110 * width / max(len(title), 1)),
        weight="bold",
        color=INK,
        va="top",
        parse_math=False,
    )
    made.text(
        0.012, 1 - 0.45 / height, question, size=10.5, color=MUTED, va="top", parse_math=False
    )
    return made


def empty_figure(question: str) -> Figure:
    """Return a figure that says that there is nothing to show."""
    made = figure("No rows", question, height=1.3)
    made.text(0.012, 0.14, "The clean tables hold nothing to answer this from.", size=11, color=INK)
    return made


def heading(axes: Axes, text: str) -> None:
    """Write a heading above one part of a figure."""
    axes.set_title(text, loc="left", size=10.5, color=INK, pad=8, weight="bold")


def footnote(axes: Axes, text: str) -> None:
    """Write a note below one part of a figure."""
    axes.text(0, -0.01, text, transform=axes.transAxes, va="top", size=10, color=MUTED)


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

    Few are no thicker than `room` bars would be, such as those of a chart beside this one.
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
    """Draw vertical bars from left to right, each with its label above it; few are not wide."""
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
    """Return a count as people say it: 437, 124k, 1.2k, 15M, 3B; to three digits."""
    rounded = float(f"{count:.3g}") if count >= _SCALES[-1][0] else count
    for scale, letter in _SCALES:
        if rounded >= scale:
            return f"{rounded / scale:,g}{letter}"
    return f"{count:,.4g}"


def clipped(name: str, length: int = 34) -> str:
    """Return a name in one line of at most `length` characters."""
    line = " ".join(name.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def colour_of(category: str) -> str:
    """Return the colour of a category: the same in every chart."""
    return _COLOURS.get(category, _OTHER)


def svg(drawn: Figure) -> str:
    """Return a figure as an `<svg>` element for a page, its text as text.

    The page's fonts draw the text, so names of any script and emoji are legible, and its text
    colour is that of the page. The same figure gives the same text, and the ids of two different
    figures on one page do not collide.
    """
    written = io.StringIO()
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "chart"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawn.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    element = written.getvalue()[written.getvalue().index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = element.replace("'DejaVu Sans'", _PAGE_FONT).replace(INK, "currentColor")
    own = f"c{hashlib.sha256(element.encode()).hexdigest()[:8]}-"
    element = re.sub(r'(<\w+ id="|url\(#|xlink:href="#)', rf"\g<1>{own}", element)
    title = escape(str(drawn.get_label()))
    shape = f'<svg role="img" aria-label="{title}" style="max-width:100%;height:auto"'
    return element.replace("<svg", shape, 1)


def _bare(axes: Axes) -> None:
    axes.patch.set_alpha(0)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
