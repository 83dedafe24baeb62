"""Where the tasks of a graph are drawn: a column per step, a row per task of the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from local.workspace.store import Document

__all__ = ["Box", "Graph", "graph_layout"]

_WIDTH, _HEIGHT = 220, 64
_GAP_X, _GAP_Y = 60, 24
_MARGIN = 4


@dataclass(frozen=True)
class Box:
    """One task: its place in pixels, and its document."""

    task: Document
    x: int
    y: int
    width: int = _WIDTH
    height: int = _HEIGHT


@dataclass(frozen=True)
class Graph:
    """The boxes, the lines between them as SVG paths, and the size in pixels."""

    boxes: list[Box]
    paths: list[str]
    width: int
    height: int


def graph_layout(tasks: Sequence[Document]) -> Graph:
    """Return the drawing of tasks; dependencies on tasks that are not among them are left out."""
    by_key = {task["task_key"]: task for task in tasks}
    needed = {
        key: [d["task_key"] for d in task.get("depends_on", []) if d["task_key"] in by_key]
        for key, task in by_key.items()
    }
    step: dict[str, int] = {}
    for key in TopologicalSorter(needed).static_order():
        step[key] = max((step[other] + 1 for other in needed[key]), default=0)
    boxes: dict[str, Box] = {}
    for key, task in by_key.items():
        row = sum(step[other] == step[key] for other in boxes)
        x, y = step[key] * (_WIDTH + _GAP_X) + _MARGIN, row * (_HEIGHT + _GAP_Y) + _MARGIN
        boxes[key] = Box(task, x, y)
    paths = [_path(boxes[other], box) for key, box in boxes.items() for other in needed[key]]
    return Graph(
        boxes=list(boxes.values()),
        paths=paths,
        width=max((box.x + _WIDTH for box in boxes.values()), default=0) + _MARGIN,
        height=max((box.y + _HEIGHT for box in boxes.values()), default=0) + _MARGIN,
    )


def _path(start: Box, end: Box) -> str:
    x1, y1 = start.x + start.width, start.y + start.height // 2
    x2, y2 = end.x, end.y + end.height // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"
