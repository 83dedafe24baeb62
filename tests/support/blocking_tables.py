"""Tables whose writers are broken, or block at a point where a test kills the server.

Spark Connect runs the writers of a micro-batch in the server. The server does not have this module,
so it is pickled by value.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event as Signal

from pyspark import cloudpickle
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.clean.cleaners import clean_pin
from pinterest_pipeline.tables import Tables

__all__ = [
    "AppendingTables",
    "BlockingAppendingTables",
    "BlockingTables",
    "BrokenTables",
    "sleeping_at",
]

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]  # untyped

_MICRO_BATCH = 2
"""The micro-batch that blocks, counted from 1."""
_AN_HOUR_MILLISECONDS = 3_600_000


@dataclass(frozen=True)
class BlockingTables(Tables):
    """Blocks in the second micro-batch after the writer `point`.

    Attributes:
        point: "after" and the name of a method; any other text never blocks.
        reached: How often each point was reached.
    """

    point: str = ""
    reached: Counter[str] = field(default_factory=Counter)

    def merge_clean(
        self, rows: DataFrame, table: str, ind_range: tuple[int, int] | None = None
    ) -> bool:
        all_new = super().merge_clean(rows, table, ind_range)
        self._reach("after the clean rows")
        return all_new

    def append_clean(self, rows: DataFrame, table: str) -> None:
        super().append_clean(rows, table)
        self._reach("after the clean rows")

    def add_rejected(self, records: DataFrame, event: str) -> None:
        super().add_rejected(records, event)
        self._reach("after add_rejected")

    def add_load(
        self,
        spark: SparkSession,
        event: str,
        batch: tuple[str, int],
        counts: Mapping[str, int],
        *,
        check_duplicate: bool,
    ) -> None:
        super().add_load(spark, event, batch, counts, check_duplicate=check_duplicate)
        self._reach("after add_load")

    def _reach(self, point: str) -> None:
        self.reached[point] += 1
        if point == self.point and self.reached[point] == _MICRO_BATCH:
            Signal().wait()


@dataclass(frozen=True)
class AppendingTables(Tables):
    """Writers that are not idempotent: they append repeated records."""

    def merge_clean(
        self,
        rows: DataFrame,
        table: str,
        ind_range: tuple[int, int] | None = None,  # noqa: ARG002  # as in Tables
    ) -> bool:
        self._append(rows, table)
        return False

    def add_rejected(self, records: DataFrame, event: str) -> None:  # noqa: ARG002  # as in Tables
        self._append(records, "rejected")

    def add_load(
        self,
        spark: SparkSession,
        event: str,
        batch: tuple[str, int],
        counts: Mapping[str, int],
        *,
        check_duplicate: bool,  # noqa: ARG002  # as in Tables
    ) -> None:
        super().add_load(spark, event, batch, counts, check_duplicate=False)


@dataclass(frozen=True)
class BrokenTables(AppendingTables):
    """Writers that append repeated records, and never write the clean rows of geo.

    The second error has the effect of offsets that are committed before the rows.
    """

    def merge_clean(
        self, rows: DataFrame, table: str, ind_range: tuple[int, int] | None = None
    ) -> bool:
        return table != "geo" and super().merge_clean(rows, table, ind_range)

    def append_clean(self, rows: DataFrame, table: str) -> None:
        if table != "geo":
            super().append_clean(rows, table)


class BlockingAppendingTables(BlockingTables, AppendingTables):
    """The control: writers that block and only append."""


def sleeping_at(ind: int) -> Callable[[], list[Column]]:
    """Return a cleaner of pins that takes an hour for the post `ind`."""

    def clean() -> list[Column]:
        sleep = F.java_method(
            F.lit("java.lang.Thread"),
            F.lit("sleep"),
            F.lit(_AN_HOUR_MILLISECONDS).cast("bigint"),
        )
        ind_column, unique_id, title, *others = clean_pin()
        slow_title = F.when(F.col("index") == ind, sleep).otherwise(title).alias("title")
        return [ind_column, unique_id, slow_title, *others]

    return clean
