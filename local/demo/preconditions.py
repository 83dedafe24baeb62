"""Keeps the rows of two sources apart: posts of one index would replace each other."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from pydantic import TypeAdapter

from emulation.source import readable_url
from local.demo.errors import DemoError
from local.settings import Settings

__all__ = ["note_source", "require_only_source"]

_NAMES = TypeAdapter(dict[str, str])


def require_only_source(settings: Settings, source: str | None) -> None:
    """Make sure that no demo of this user posted the rows of another source.

    Args:
        settings: The environment.
        source: SQLAlchemy URL; null means synthetic posts.

    Raises:
        DemoError: Raised when one did.
    """
    before = _noted(settings).get(settings.user_id)
    if before not in {None, _name(source)}:
        raise DemoError(
            f"{settings.user_id} has posted {before} here; {_name(source)} would be mixed with "
            "them. To begin with empty tables: make down, then rm -rf "
            f"{settings.state}. To keep them: make down, then give these rows a user and tables of "
            "their own: PINTEREST_USER_ID=… PINTEREST_SCHEMA=… PINTEREST_STREAM_SCHEMA=… make demo"
        )


def note_source(settings: Settings, source: str | None) -> None:
    """Remember for `require_only_source` that rows of `source` were posted."""
    names = _noted(settings) | {settings.user_id: _name(source)}
    _file(settings).write_bytes(_NAMES.dump_json(names, indent=2))


def _noted(settings: Settings) -> dict[str, str]:
    file = _file(settings)
    return _NAMES.validate_json(file.read_bytes()) if file.exists() else {}


def _file(settings: Settings) -> Path:
    return settings.state / "demo_sources.json"


def _name(source: str | None) -> str:
    """Return what to call `source`, without its password."""
    if source is None:
        return "the synthetic posts"
    try:
        return f"the rows of {readable_url(source)}"
    except sa.exc.ArgumentError:
        return "the rows of another source"  # the emulator says what is wrong with it
