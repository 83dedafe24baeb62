"""The JSON paths of mapping templates: `$`, names and indexes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

__all__ = ["MISSING", "find", "parse_path"]

MISSING: Final = ""
"""What a path leads to where there is nothing, as on AWS."""

_STEP: Final = re.compile(r"\.(\w+)|\['([^'\\]+)'\]|\[(\d+)\]")
_PATHS_KEPT: Final = 2_048  # two for each of 500 records, and more


@lru_cache(_PATHS_KEPT)
def parse_path(path: str) -> tuple[str | int, ...]:
    """Return the names and indexes of `path`, outermost first.

    Raises:
        ValueError: Raised when it has anything else.
    """
    steps = list(_STEP.finditer(path))
    if path != "$" + "".join(step[0] for step in steps):
        msg = f"path {path!r} is not supported; supported: $, .name, ['name'] and [0]"
        raise ValueError(msg)
    return tuple(int(step[3]) if step[3] else step[1] or step[2] for step in steps)


def find(value: Any, path: str) -> Any:  # noqa: ANN401  # any JSON
    """Return what is at `path` in `value`; `MISSING` where there is nothing.

    Raises:
        ValueError: Raised when the path is not supported.
    """
    for step in parse_path(path):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return value
