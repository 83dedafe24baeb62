"""Mounts are stored for the environment; invalid mounts are rejected."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.notebook.runtime.storage import MountTable, s3a_url
from local.notebook.runtime.utility import ExecutionError


@pytest.fixture
def table(tmp_path: Path) -> MountTable:
    return MountTable(tmp_path / "state" / "mounts.json")


def test_a_mount_outlives_its_kernel(tmp_path: Path) -> None:
    assert MountTable(tmp_path / "mounts.json").all() == {}
    MountTable(tmp_path / "mounts.json").add("/mnt/landing", "s3://pins")
    assert MountTable(tmp_path / "mounts.json").all() == {"/mnt/landing": "s3://pins"}


def test_a_mount_is_linked_as_s3a(table: MountTable) -> None:
    table.add("/mnt/landing", "s3://pins/raw")
    assert table.links() == {"/mnt/landing": "s3a://pins/raw/"}


def test_mounting_twice_is_an_error(table: MountTable) -> None:
    table.add("/mnt/landing", "s3a://pins")
    with pytest.raises(ExecutionError, match="Directory already mounted: /mnt/landing"):
        table.add("/mnt/landing", "s3a://pins")


def test_removing_an_unknown_mount_is_an_error(table: MountTable) -> None:
    with pytest.raises(ExecutionError, match="Directory not mounted: /mnt/landing"):
        table.remove("/mnt/landing")


def test_a_mount_can_be_replaced_and_removed(table: MountTable) -> None:
    table.add("/mnt/landing", "s3a://pins")
    table.add("/mnt/landing", "s3a://others", replace=True)
    assert table.all() == {"/mnt/landing": "s3a://others"}
    table.remove("/mnt/landing")
    assert table.all() == {}


@pytest.mark.parametrize("mount_point", ["landing", "/landing", "/mnt", "/mnt/", "/Volumes/a/b/c"])
def test_a_mount_point_is_below_mnt(table: MountTable, mount_point: str) -> None:
    with pytest.raises(ExecutionError, match="such as /mnt/landing"):
        table.add(mount_point, "s3a://pins")


def test_no_mount_is_lost_when_many_mount_at_once(table: MountTable) -> None:
    names = [f"/mnt/m{number:02}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: table.add(name, "s3a://pins"), names))
    assert sorted(table.all()) == names


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("s3a://pins", "s3a://pins/"),
        ("s3n://pins/", "s3a://pins/"),
        ("s3://pins/topics/", "s3a://pins/topics/"),
    ],
)
def test_a_source_is_a_bucket_or_a_folder_of_one(source: str, url: str) -> None:
    assert s3a_url(source) == url


@pytest.mark.parametrize("source", ["pins", "abfss://pins", "s3a://", "s3a:///pins", "s3a://Pins"])
def test_any_other_source_is_rejected(source: str) -> None:
    with pytest.raises(ExecutionError, match="a mount's source is s3a://<bucket>"):
        s3a_url(source)


def test_a_source_with_keys_is_rejected() -> None:
    with pytest.raises(ExecutionError, match="must not contain keys"):
        s3a_url("s3n://AKIAEXAMPLE:secret@pins")
