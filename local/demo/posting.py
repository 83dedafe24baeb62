"""Posts the source's rows with the emulator's own command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from local.errors import StackError
from local.settings import ROOT

__all__ = ["Posted", "post"]


class Posted(BaseModel):
    """The emulator's counts of one event."""

    rows_in_source: int
    acknowledged: int
    refused: int

    @property
    def settled(self) -> bool:
        """Whether each row was acknowledged or refused."""
        return self.rows_in_source == self.acknowledged + self.refused

    @property
    def counts(self) -> dict[str, int]:
        """The records by stage of an account."""
        return {
            "rows in source": self.rows_in_source,
            "acknowledged": self.acknowledged,
            "refused": self.refused,
        }


_SUMMARY = TypeAdapter(dict[str, dict[str, Posted]])


def post(
    variables: Mapping[str, str], summary: Path, source: str | None, rows: int | None
) -> dict[str, dict[str, Posted]]:
    """Post the rows of `source` to both pipelines.

    Args:
        variables: The emulator's environment variables.
        summary: File for the emulator's counts.
        source: SQLAlchemy URL. None means synthetic rows.
        rows: Maximum number of posts. None means all.

    Returns:
        The emulator's counts by destination (`kafka`, `kinesis`) and event.

    Raises:
        StackError: Raised when a row was neither acknowledged nor refused.
    """
    summary.unlink(missing_ok=True)
    options = [] if rows is None else ["--rows", str(rows)]
    # Not an option: every user of the machine can read command lines.
    of_source = {} if source is None else {"PINTEREST_SOURCE": source}
    command = [sys.executable, "user_posting_emulation.py", "--to", "both", *options]
    done = subprocess.run(
        [*command, "--summary-json", str(summary)],
        cwd=ROOT,
        env={**os.environ, **of_source, **variables},
        check=False,
    )
    posted = _SUMMARY.validate_json(summary.read_bytes()) if summary.exists() else {}
    settled = all(event.settled for events in posted.values() for event in events.values())
    if done.returncode != 0 and not (posted and settled):
        raise StackError(
            f"the emulator ended with {done.returncode}; its message above gives the reason"
        )
    return posted
