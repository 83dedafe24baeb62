"""Writes of ministack's S3 to its folder, such that a 200 means stored.

ministack itself answers 200 although a write failed. It writes an object before its metadata. So a
`kill -9` in between leaves an object without metadata, which the landing connector needs.
"""
# ruff: noqa: SLF001  # ministack has no other access to its files

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from local.errors import StackError

__all__ = ["ObjectWriteError", "finish_writes", "keep_objects", "write_object"]

_log = logging.getLogger(__name__)

_SIDECAR: Final = ".meta.json"
_TEMPORARY: Final = ".tmp"


class ObjectWriteError(StackError):
    """Raised when an object's files cannot be changed. ministack answers 500 with its message."""

    def __init__(self, bucket: str, key: str, cause: OSError) -> None:
        reason = cause.strerror or str(cause)
        super().__init__(f"Cannot write {bucket}/{key}: {reason}. Free disk space; send it again.")


def keep_objects(folder: Path) -> None:
    """Finish interrupted writes, keep empty buckets in `folder`, and let failed writes fail."""
    finish_writes(folder)
    from ministack.services import s3  # noqa: PLC0415  # it reads its objects when it is imported

    for path in folder.glob("[0-9]*/*/"):
        # ministack itself forgets empty buckets, and a client that writes to one gives up.
        empty = {"created": s3.now_iso(), "objects": {}, "region": None}
        s3._buckets._data.setdefault((path.parent.name, path.name), empty)

    def paths(bucket: str, key: str) -> tuple[Path, str | None]:
        base = str(Path(s3.DATA_DIR, s3.get_account_id(), bucket))
        path = s3._key_disk_path(base, key)
        return Path(path), s3._other_key_disk_path(base, key, path)

    def persist(bucket: str, key: str, record: dict[str, Any]) -> None:
        path, stale = paths(bucket, key)
        metadata = {**s3._object_meta_from_record(record), **s3._key_history_meta(bucket, key)}
        with _reporting(s3._buckets[bucket]["objects"], bucket, key, path):
            write_object(path, record.get("body"), {**metadata, "key": key})
            record["body"] = None  # from now on it is read from its file
            s3._remove_key_files(stale)

    def delete(bucket: str, key: str) -> None:
        path, stale = paths(bucket, key)
        with _reporting(s3._buckets[bucket]["objects"], bucket, key, path):
            s3._remove_key_files(str(path))
            s3._remove_key_files(stale)

    s3._persist_object, s3._delete_persisted_object = persist, delete


@contextmanager
def _reporting(objects: dict[str, Any], bucket: str, key: str, path: Path) -> Iterator[None]:
    """Set the object to what its files hold when they cannot be changed.

    Raises:
        ObjectWriteError: Raised for an OSError.
    """
    try:
        yield
    except OSError as error:
        objects.pop(key, None)
        if path.is_file():
            objects[key] = {**json.loads(_sidecar(path).read_bytes()), "body": None}
        raise ObjectWriteError(bucket, key, error) from error


def write_object(path: Path, body: bytes | None, metadata: dict[str, Any]) -> None:
    """Replace an object and its metadata; `finish_writes` repairs what a kill leaves.

    Args:
        path: File of the object.
        body: Content; null keeps the present one.
        metadata: Content of the file beside it.

    Raises:
        OSError: Raised when a file cannot be written. The old files then stay.
    """
    files = {_sidecar(path): json.dumps(metadata).encode()}
    if body is not None:
        files[path] = body
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        for file, content in files.items():
            _temporary(file).touch(0o600)
            _temporary(file).write_bytes(content)
    except OSError:
        for file in files:
            _temporary(file).unlink(missing_ok=True)
        raise
    # Both contents are complete. Once the metadata is in place, the object follows.
    for file in files:
        _temporary(file).replace(file)


def finish_writes(folder: Path) -> None:
    """Complete or remove the writes that a kill has interrupted in ministack's data folder.

    No object without metadata remains: it was never acknowledged.
    """
    accounts = [account.walk() for account in folder.glob("[0-9]*/")]
    files = {place / name for account in accounts for place, _, names in account for name in names}
    for path in _ending(files, _SIDECAR + _TEMPORARY):
        body = path.with_name(path.name.removesuffix(_SIDECAR + _TEMPORARY))
        _temporary(body).unlink(missing_ok=True)
        path.unlink()
        files -= {path, _temporary(body)}
    for path in _ending(files, _TEMPORARY):
        files = files - {path} | {path.replace(path.with_suffix(""))}
    for path in files - _ending(files, _SIDECAR):
        if _sidecar(path) not in files:
            _log.warning("Removed %s, whose write was interrupted and not acknowledged.", path)
            path.unlink()


def _ending(files: Iterable[Path], suffix: str) -> set[Path]:
    return {path for path in files if path.name.endswith(suffix)}


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + _SIDECAR)


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + _TEMPORARY)
