"""Keeps the posts of two users apart: the tables have one row per post, and no column for users."""

from __future__ import annotations

from local.demo.errors import DemoError
from local.settings import Settings

__all__ = ["require_only_user"]


def require_only_user(settings: Settings) -> None:
    """Make sure that no other user's posts were cleaned into the tables.

    Raises:
        DemoError: Raised when there are checkpoints of another user.
    """
    for schema in (settings.schema_name, settings.stream_schema_name):
        checkpoints = settings.state / "spark" / "checkpoints" / schema
        users = {folder.name.rpartition(".")[0] for folder in checkpoints.glob("*.*")}
        if others := sorted(users - {settings.user_id}):
            raise DemoError(
                f"the tables of {settings.catalog}.{schema} hold the posts of "
                f"{', '.join(others)}, and those of {settings.user_id} would replace them. Keep to "
                "one PINTEREST_USER_ID, or give the other one tables of its own: make down, then "
                f"PINTEREST_USER_ID={settings.user_id} PINTEREST_SCHEMA=<new name> "
                "PINTEREST_STREAM_SCHEMA=<another new name> make demo"
            )
