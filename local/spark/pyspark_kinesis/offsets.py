"""How far a query has read: what Spark keeps in the checkpoint, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Offset", "Progress"]


@dataclass(frozen=True)
class Progress:
    """How far one shard has been read.

    Attributes:
        last: Sequence number of the last record read; null means none has been.
        done: Whether the shard is closed and has been read to its end.
        tip: When it was last read to its tip, in whole seconds since 1970; null means never, or not
            known. It is no progress, so offsets are equal whatever it is.
    """

    last: str | None = None
    done: bool = False
    tip: int | None = field(default=None, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return the parts that say something."""
        parts = {"last": self.last, "done": self.done, "tip": self.tip}
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True)
class Offset:
    """The end of a micro-batch, and the start of the next one.

    It says where the query began as well: Spark does not keep the start of the first micro-batch,
    and asks for it anew when it repeats that one.

    Attributes:
        began: `TRIM_HORIZON`, or seconds since 1970: where shards begin that are not in `shards`.
        shards: By `<stream>/<shard id>`.
        gaps: How many times records may have been gone before they were read.
    """

    began: str | float
    shards: Mapping[str, Progress] = field(default_factory=dict)
    gaps: int = 0

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Offset:
        """Return the offset that `to_json` made `value` of."""
        shards = {key: Progress(**progress) for key, progress in value["shards"].items()}
        return cls(value["began"], shards, value.get("gaps", 0))

    def to_json(self) -> dict[str, Any]:
        """Return it as Spark keeps it; equal offsets give equal text."""
        shards = {key: self.shards[key].to_json() for key in sorted(self.shards)}
        gaps = {"gaps": self.gaps} if self.gaps else {}
        return {"began": self.began, "shards": shards, **gaps}

    def progress(self, key: str) -> Progress:
        """Return how far the shard `key` has been read."""
        return self.shards.get(key, Progress())
