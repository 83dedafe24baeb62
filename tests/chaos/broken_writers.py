"""Broken writers, for a control: the checker of a chaos run must find their errors.

The server does not have this module, so it is pickled by value.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from pyspark import cloudpickle
from pyspark.sql import DataFrame

from tests.support.blocking_tables import AppendingTables

__all__ = ["BrokenTables"]

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]  # untyped


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
