"""`dbutils.fs` on folders of a disk: paths, listings and errors are those of Databricks."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.notebook.runtime.fs import Fs
from local.notebook.runtime.storage import MountTable, PathView, Storage
from local.notebook.runtime.utility import ExecutionError, NotSupportedError


class Disk:
    """Two folders in place of all storages; the contract tests use S3."""

    def __init__(self, folder: Path) -> None:
        for name in ("root", "volume"):
            (folder / name).mkdir()
        self.root, self.volume = folder / "root", folder / "volume"
        links = {"/": self.root.as_uri(), "/Volumes/c/s/landing": self.volume.as_uri()}
        view = PathView(lambda: links, Storage("http://127.0.0.1:9"))
        self.fs = Fs(view, MountTable(folder / "mounts.json"), lambda: None)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.mark.parametrize(
    "path", ["/a/b.txt", "dbfs:/a/b.txt", "dbfs:///a/b.txt", "/a/../a//b.txt", "/../a/b.txt"]
)
def test_all_spellings_of_a_path_name_the_same_file(disk: Disk, path: str) -> None:
    disk.fs.put(path, "hello")
    assert (disk.root / "a" / "b.txt").read_text() == "hello"


def test_a_volume_leads_to_its_own_storage(disk: Disk) -> None:
    disk.fs.put("/Volumes/c/s/landing/x.txt", "hello")
    assert (disk.volume / "x.txt").read_text() == "hello"


def test_a_path_that_only_starts_like_a_volume_is_not_in_it(disk: Disk) -> None:
    disk.fs.put("/Volumes/c/s/landing2/x.txt", "hello")
    assert list(disk.volume.iterdir()) == []


def test_file_paths_lead_to_the_disk(disk: Disk, tmp_path: Path) -> None:
    disk.fs.put(f"file:{tmp_path}/x.txt", "hello")
    assert (tmp_path / "x.txt").read_text() == "hello"


def test_ls_returns_files_and_folders_as_databricks_does(disk: Disk) -> None:
    (disk.volume / "topics").mkdir()
    (disk.volume / "a.json").write_text("12345")
    entries = disk.fs.ls("/Volumes/c/s/landing")
    assert [(entry.path, entry.name, entry.size) for entry in entries] == [
        ("dbfs:/Volumes/c/s/landing/a.json", "a.json", 5),
        ("dbfs:/Volumes/c/s/landing/topics/", "topics/", 0),
    ]
    assert [entry.isDir() for entry in entries] == [False, True]


def test_a_modification_time_is_in_milliseconds(disk: Disk) -> None:
    disk.fs.put("/a.txt", "x")
    seconds = (disk.root / "a.txt").stat().st_mtime
    assert disk.fs.ls("/a.txt")[0].modificationTime == pytest.approx(seconds * 1000, abs=1)


def test_ls_of_a_file_returns_the_file(disk: Disk) -> None:
    disk.fs.put("/a/b.txt", "x")
    assert [entry.path for entry in disk.fs.ls("/a/b.txt")] == ["dbfs:/a/b.txt"]


def test_ls_shows_folders_that_lead_to_volumes(disk: Disk) -> None:
    assert [entry.path for entry in disk.fs.ls("/Volumes/c")] == ["dbfs:/Volumes/c/s/"]


def test_spark_checksums_are_not_listed(disk: Disk) -> None:
    (disk.root / ".part-0.parquet.crc").write_text("x")
    assert disk.fs.ls("/") == [entry for entry in disk.fs.ls("/") if entry.name == "Volumes/"]


def test_head_cuts_a_long_file(disk: Disk, capsys: pytest.CaptureFixture[str]) -> None:
    disk.fs.put("/a.txt", "0123456789")
    assert disk.fs.head("/a.txt", 4) == "0123"
    assert "[Truncated to first 4 bytes]" in capsys.readouterr().out


def test_put_needs_overwrite_for_an_existing_file(disk: Disk) -> None:
    disk.fs.put("/a.txt", "one")
    with pytest.raises(ExecutionError, match="FileAlreadyExistsException"):
        disk.fs.put("/a.txt", "two")
    disk.fs.put("/a.txt", "two", True)
    assert disk.fs.head("/a.txt") == "two"


def test_cp_of_a_folder_needs_recurse(disk: Disk) -> None:
    disk.fs.put("/a/b/c.txt", "x")
    with pytest.raises(ExecutionError, match="unless recurse=True"):
        disk.fs.cp("/a", "/z")
    disk.fs.cp("/a", "/Volumes/c/s/landing/z", True)
    assert (disk.volume / "z" / "b" / "c.txt").read_text() == "x"


def test_cp_of_a_file_into_a_folder_keeps_its_name(disk: Disk) -> None:
    disk.fs.put("/a.txt", "x")
    disk.fs.mkdirs("/folder")
    disk.fs.cp("/a.txt", "/folder")
    assert (disk.root / "folder" / "a.txt").read_text() == "x"


def test_mv_removes_the_source(disk: Disk) -> None:
    disk.fs.put("/a.txt", "x")
    disk.fs.mv("/a.txt", "/b.txt")
    assert sorted(path.name for path in disk.root.iterdir()) == ["b.txt"]


def test_rm_returns_whether_the_file_existed(disk: Disk) -> None:
    disk.fs.put("/a.txt", "x")
    assert [disk.fs.rm("/a.txt"), disk.fs.rm("/a.txt")] == [True, False]


def test_rm_of_a_full_folder_needs_recurse(disk: Disk) -> None:
    disk.fs.put("/a/b.txt", "x")
    with pytest.raises(ExecutionError, match="not empty"):
        disk.fs.rm("/a")
    disk.fs.rm("/a", True)
    assert not (disk.root / "a").exists()


def test_rm_empties_a_volume_but_does_not_remove_it(disk: Disk) -> None:
    disk.fs.put("/Volumes/c/s/landing/x.txt", "x")
    disk.fs.rm("/Volumes/c/s/landing", True)
    assert list(disk.volume.iterdir()) == []


@pytest.mark.parametrize("verb", ["ls", "head"])
def test_a_missing_file_raises_javas_file_not_found(disk: Disk, verb: str) -> None:
    with pytest.raises(ExecutionError, match=r"java.io.FileNotFoundException: .* dbfs:/no/such"):
        getattr(disk.fs, verb)("/no/such")


def test_a_relative_path_is_rejected(disk: Disk) -> None:
    with pytest.raises(ExecutionError, match=r"Path must be absolute: a\.txt"):
        disk.fs.ls("a.txt")


def test_an_unknown_scheme_is_rejected(disk: Disk) -> None:
    with pytest.raises(ExecutionError, match='No FileSystem for scheme "abfss"'):
        disk.fs.ls("abfss:/container")


def test_a_mount_with_extra_configs_is_rejected(disk: Disk) -> None:
    with pytest.raises(ExecutionError, match="without encryption_type, owner and extra_configs"):
        disk.fs.mount("s3a://pins", "/mnt/x", extra_configs={"fs.azure.key": "k"})


def test_an_unsupported_method_error_names_the_supported_ones(disk: Disk) -> None:
    with pytest.raises(NotSupportedError, match=r"dbutils.fs.cacheTable .* cp, head, ls, mkdirs"):
        disk.fs.cacheTable("t")
