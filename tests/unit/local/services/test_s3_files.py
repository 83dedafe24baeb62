"""What the local S3 keeps when a write fails or its process is killed."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.errors import StackError
from local.services.s3_files import finish_writes, keep_objects, write_object

KEY = "topics/demo.pin/partition=0/demo.pin+0+0000000000.json"
FENCE = {"x-amz-meta-next-offset": "2"}


class KilledError(BaseException):
    """The end of the process at one of its system calls."""


@contextmanager
def killed_at(call: int) -> Iterator[None]:
    """End the process at the given call that changes a file; later calls pass."""
    calls = 0

    def counted(original: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **options: object) -> object:
            nonlocal calls
            calls += 1
            if calls == call + 1:
                raise KilledError
            return original(*args, **options)

        return run

    with pytest.MonkeyPatch.context() as patch:
        for name in ("touch", "write_bytes", "replace", "unlink"):
            patch.setattr(Path, name, counted(getattr(Path, name)))
        yield


@settings(deadline=None)  # the first example imports
@given(is_new=st.booleans(), write=st.integers(0, 7), repair=st.integers(0, 7))
def test_a_kill_at_any_call_leaves_the_old_object_or_the_new_one(
    tmp_path_factory: pytest.TempPathFactory, *, is_new: bool, write: int, repair: int
) -> None:
    folder = tmp_path_factory.mktemp("s3")
    path = folder / "000000000000" / "bucket" / "topics" / "a.json"
    if not is_new:
        write_object(path, b"old", {"of": "old"})

    try:
        with killed_at(write):
            write_object(path, b"new", {"of": "new"})
        acknowledged = True
    except KilledError:
        acknowledged = False
    try:
        with killed_at(repair):
            finish_writes(folder)
    except KilledError:
        finish_writes(folder)

    kept = sorted(p.name for p in folder.rglob("*") if p.is_file())
    if not path.exists():
        assert is_new
        assert not acknowledged
        assert kept in ([], ["a.json.meta.json"])
    else:
        assert kept == ["a.json", "a.json.meta.json"]
        body = path.read_text()
        assert json.loads(path.with_name("a.json.meta.json").read_text()) == {"of": body}
        assert body == "new" or not acknowledged


def test_an_object_without_metadata_is_removed_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "000000000000" / "bucket" / "a.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"from an older version")
    finish_writes(tmp_path)
    assert not path.exists()


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give ministack's S3, with an empty bucket in a folder of its own."""
    module = import_module("ministack.services.s3")  # here, because it takes a second
    for name in ("_persist_object", "_delete_persisted_object"):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(module, "S3_PERSIST", True)
    monkeypatch.setattr(module, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(module, "_buckets", type(module._buckets)())
    keep_objects(tmp_path)
    assert request(module, "PUT", "/landing") == 200
    return module


def request(
    s3: ModuleType,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> int:
    """Return the status of the answer; ministack answers 500 if this raises."""
    status, _, _ = asyncio.run(s3.handle_request(method, path, dict(headers or {}), body, {}))
    return int(status)


def restarted(s3: ModuleType) -> Mapping[str, Any]:
    """Return the objects of the bucket after a restart."""
    vars(s3)["_buckets"] = type(s3._buckets)()
    s3._load_persisted_data()
    keep_objects(Path(s3.DATA_DIR))
    objects: Mapping[str, Any] = s3._buckets["landing"]["objects"]
    return objects


@contextmanager
def full_disk() -> Iterator[None]:
    """Let every write of more than 100 bytes fail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_empty_bucket_survives_a_restart(s3: ModuleType) -> None:
    assert not restarted(s3)
    assert request(s3, "GET", "/") == 200
    assert request(s3, "PUT", f"/landing/{KEY}", b"{}", FENCE) == 200


def test_a_put_that_the_disk_refuses_is_no_success(s3: ModuleType) -> None:
    path = f"/landing/{KEY}"
    once = {**FENCE, "if-none-match": "*"}
    with (
        full_disk(),
        pytest.raises(StackError, match=r"Cannot write landing/topics.*: File too large"),
    ):
        request(s3, "PUT", path, b"x" * 200, once)

    assert request(s3, "PUT", path, b"x" * 200, once) == 200
    assert restarted(s3)[KEY]["metadata"] == FENCE


def test_a_failed_overwrite_keeps_the_old_object(s3: ModuleType) -> None:
    path = f"/landing/{KEY}"
    request(s3, "PUT", path, b"old", FENCE)
    with full_disk(), pytest.raises(StackError):
        request(s3, "PUT", path, b"x" * 200, {"x-amz-meta-next-offset": "9"})

    kept = s3._buckets["landing"]["objects"][KEY]
    assert (kept["size"], kept["metadata"]) == (3, FENCE)
    assert restarted(s3)[KEY]["metadata"] == FENCE


def test_a_delete_that_the_disk_refuses_is_no_success(
    s3: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = f"/landing/{KEY}"
    request(s3, "PUT", path, b"{}", FENCE)
    with monkeypatch.context() as patch:
        patch.setattr(s3, "_remove_key_files", refuse)
        with pytest.raises(StackError, match="Permission denied"):
            request(s3, "DELETE", path)

    assert request(s3, "HEAD", path) == 200
    assert request(s3, "DELETE", path) == 204
    assert not restarted(s3)
