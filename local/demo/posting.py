"""Posts the source's rows with the emulator's own command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from local.demo.errors import DemoError
from local.secrets import Secrets
from local.settings import ROOT, Settings

__all__ = ["Posted", "post"]


class Posted(BaseModel):
    """What the emulator says of one event."""

    rows_in_source: int
    acknowledged: int
    refused: int

    @property
    def settled(self) -> bool:
        """Whether each row was acknowledged or refused."""
        return self.rows_in_source == self.acknowledged + self.refused


def post(
    settings: Settings, secrets: Secrets, source: str | None, rows: int | None
) -> dict[str, dict[str, Posted]]:
    """Post the rows of `source` (synthetic ones if null) to both halves.

    Args:
        settings: The environment.
        secrets: Its secrets.
        source: SQLAlchemy URL.
        rows: How many posts at most; all if null.

    Returns:
        What the emulator counted, by destination (`kafka`, `kinesis`) and event.

    Raises:
        DemoError: Raised when not every row was acknowledged or refused.
    """
    summary = settings.state / "posted.json"
    summary.unlink(missing_ok=True)
    options = [] if rows is None else ["--rows", str(rows)]
    # Not among the options: a command line can be read by everyone on the machine.
    of_source = {} if source is None else {"PINTEREST_SOURCE": source}
    command = [sys.executable, "user_posting_emulation.py", "--to", "both", *options]
    done = subprocess.run(
        [*command, "--summary-json", str(summary)],
        cwd=ROOT,
        env={
            **os.environ,
            **of_source,
            "PINTEREST_API": settings.api_url,
            "PINTEREST_API_KEY": secrets.api_key,
            "PINTEREST_USER_ID": settings.user_id,
            "PINTEREST_EMULATOR_STATE": str(settings.state / "emulator"),
        },
        check=False,
    )
    posted = _read(summary) if summary.exists() else {}
    settled = all(event.settled for events in posted.values() for event in events.values())
    if done.returncode != 0 and not (posted and settled):
        raise DemoError(f"the emulator ended with {done.returncode}; its message above says why")
    return posted


def _read(summary: Path) -> dict[str, dict[str, Posted]]:
    return TypeAdapter(dict[str, dict[str, Posted]]).validate_json(summary.read_text())
