"""Refuses a demo whose posts would replace those of another user or source.

A table has one row per post and no column for the user or the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import TypeAdapter

from emulation.errors import SourceError
from emulation.source_url import readable_url
from local.errors import StackError

__all__ = ["noted_source", "only_one_demo", "require_only_source", "require_only_user"]

_NAMES = TypeAdapter(dict[str, str])


@contextmanager
def only_one_demo(state: Path) -> Iterator[None]:
    """Keep other demos of the stack in `state` from starting within the block.

    Raises:
        StackError: Raised when another demo runs.
    """
    state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(state / "demo.lock", timeout=0)
    try:
        held = lock.acquire()
    except Timeout:
        raise StackError(
            "another make demo runs on this stack, and both would post and clean the same rows. "
            "Wait until it ends, or give this one its own stack: PINTEREST_STATE=<new folder>"
        ) from None
    with held:
        yield


def require_only_user(
    user_id: str, checkpoints: Path, catalog: str, schemas: Sequence[str]
) -> None:
    """Make sure that the tables of both `schemas` hold no other user's posts.

    The folder `checkpoints` has a folder for each schema, with a folder for each user and event.

    Raises:
        StackError: Raised when another user has checkpoints.
    """
    for schema in schemas:
        users = {folder.name.rpartition(".")[0] for folder in (checkpoints / schema).glob("*.*")}
        if others := sorted(users - {user_id}):
            raise StackError(
                f"the tables of {catalog}.{schema} hold the posts of {', '.join(others)}, and the "
                f"posts of {user_id} would replace them. Use the same PINTEREST_USER_ID, or give "
                f"{user_id} its own tables: make down, then PINTEREST_USER_ID={user_id} "
                "PINTEREST_SCHEMA=<new name> PINTEREST_STREAM_SCHEMA=<another new name> make demo"
            )


def require_only_source(sources: Path, user_id: str, source: str | None) -> None:
    """Make sure that no demo of this user posted the rows of another source.

    The file `sources` keeps the source of each user. None means synthetic posts.

    Raises:
        StackError: Raised when a demo posted another source, or `source` is not a valid URL.
    """
    name = _name(source)
    before = _noted(sources).get(user_id, name)
    if before != name:
        raise StackError(
            f"{user_id} has posted {before} here; {name} would replace some of them. To start with "
            f"empty tables: make down, then rm -rf {sources.parent}. To keep the tables: make "
            "down, then give the new rows their own user and tables: PINTEREST_USER_ID=… "
            "PINTEREST_SCHEMA=… PINTEREST_STREAM_SCHEMA=… make demo"
        )


@contextmanager
def noted_source(sources: Path, user_id: str, source: str | None, summary: Path) -> Iterator[None]:
    """Write the source of `user_id` to `sources`, for `require_only_source`, before it is posted.

    An interrupt leaves posts behind, so the note stays. It is undone if the block fails without the
    emulator's `summary`: then no post was sent, for example because the source does not exist.

    Raises:
        StackError: Raised when the block raises it, or `source` is not a valid URL.
    """
    before = _noted(sources)
    _note(sources, before | {user_id: _name(source)})
    try:
        yield
    except StackError:
        if not summary.exists():
            _note(sources, before)
        raise


def _note(sources: Path, names: Mapping[str, str]) -> None:
    sources.write_bytes(_NAMES.dump_json(dict(names), indent=2))


def _noted(sources: Path) -> dict[str, str]:
    return _NAMES.validate_json(sources.read_bytes()) if sources.exists() else {}


def _name(source: str | None) -> str:
    """Return a name of `source` without its password.

    Raises:
        StackError: Raised when `source` is not a valid URL.
    """
    if source is None:
        return "the synthetic posts"
    try:
        return f"the rows of {readable_url(source)}"
    except SourceError as error:
        raise StackError(str(error)) from error
