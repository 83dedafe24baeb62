"""`dbutils.fs` over folders of a disk: paths, listings and errors are Databricks'."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.notebook.runtime.errors import ExecutionError, NotSupportedError
from local.notebook.runtime.fs import Fs
from local.notebook.runtime.mounts import MountTable
from local.notebook.runtime.paths import Storage, View


class Place:
    """A disk that stands for all storages; real S3 is met in the contract tests."""

    def __init__(self, folder: Path) -> None:
        for name in ("root", "volume"):
            (folder / name).mkdir()
        self.root, self.volume = folder / "root", folder / "volume"
        links = {"/": self.root.as_uri(), "/Volumes/c/s/landing": self.volume.as_uri()}
        view = View(lambda: links, Storage(None, "us-east-1", None, None))
        self.fs = Fs(view, MountTable(folder / "mounts.json"), lambda: None)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize(
    "path", ["/a/b.txt", "dbfs:/a/b.txt", "dbfs:///a/b.txt", "/a/../a//b.txt", "/../a/b.txt"]
)
def test_all_spellings_of_a_path_lead_to_one_file(place: Place, path: str) -> None:
    place.fs.put(path, "hello")
    assert (place.root / "a" / "b.txt").read_text() == "hello"


def test_a_volume_leads_to_its_own_storage(place: Place) -> None:
    place.fs.put("/Volumes/c/s/landing/x.txt", "hello")
    assert (place.volume / "x.txt").read_text() == "hello"


def test_a_name_that_only_begins_like_a_volume_is_not_in_it(place: Place) -> None:
    place.fs.put("/Volumes/c/s/landing2/x.txt", "hello")
    assert list(place.volume.iterdir()) == []


def test_file_paths_lead_to_the_disk(place: Place, tmp_path: Path) -> None:
    place.fs.put(f"file:{tmp_path}/x.txt", "hello")
    assert (tmp_path / "x.txt").read_text() == "hello"


def test_ls_gives_files_and_folders_as_databricks_does(place: Place) -> None:
    (place.volume / "topics").mkdir()
    (place.volume / "a.json").write_text("12345")
    found = place.fs.ls("/Volumes/c/s/landing")
    assert [(entry.path, entry.name, entry.size) for entry in found] == [
        ("dbfs:/Volumes/c/s/landing/a.json", "a.json", 5),
        ("dbfs:/Volumes/c/s/landing/topics/", "topics/", 0),
    ]
    assert [entry.isDir() for entry in found] == [False, True]


def test_a_modification_time_is_in_milliseconds(place: Place) -> None:
    place.fs.put("/a.txt", "x")
    seconds = (place.root / "a.txt").stat().st_mtime
    assert place.fs.ls("/a.txt")[0].modificationTime == pytest.approx(seconds * 1000, abs=1)


def test_ls_of_a_file_gives_the_file(place: Place) -> None:
    place.fs.put("/a/b.txt", "x")
    assert [entry.path for entry in place.fs.ls("/a/b.txt")] == ["dbfs:/a/b.txt"]


def test_ls_shows_folders_that_lead_to_volumes(place: Place) -> None:
    assert [entry.path for entry in place.fs.ls("/Volumes/c")] == ["dbfs:/Volumes/c/s/"]


def test_spark_checksums_are_not_listed(place: Place) -> None:
    (place.root / ".part-0.parquet.crc").write_text("x")
    assert place.fs.ls("/") == [entry for entry in place.fs.ls("/") if entry.name == "Volumes/"]


def test_head_cuts_a_long_file(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.fs.put("/a.txt", "0123456789")
    assert place.fs.head("/a.txt", 4) == "0123"
    assert "[Truncated to first 4 bytes]" in capsys.readouterr().out


def test_put_refuses_to_overwrite_unless_told_to(place: Place) -> None:
    place.fs.put("/a.txt", "one")
    with pytest.raises(ExecutionError, match="FileAlreadyExistsException"):
        place.fs.put("/a.txt", "two")
    place.fs.put("/a.txt", "two", True)
    assert place.fs.head("/a.txt") == "two"


def test_cp_of_a_folder_needs_recurse(place: Place) -> None:
    place.fs.put("/a/b/c.txt", "x")
    with pytest.raises(ExecutionError, match="unless recurse=True"):
        place.fs.cp("/a", "/z")
    place.fs.cp("/a", "/Volumes/c/s/landing/z", True)
    assert (place.volume / "z" / "b" / "c.txt").read_text() == "x"


def test_cp_of_a_file_into_a_folder_keeps_its_name(place: Place) -> None:
    place.fs.put("/a.txt", "x")
    place.fs.mkdirs("/folder")
    place.fs.cp("/a.txt", "/folder")
    assert (place.root / "folder" / "a.txt").read_text() == "x"


def test_mv_leaves_nothing_behind(place: Place) -> None:
    place.fs.put("/a.txt", "x")
    place.fs.mv("/a.txt", "/b.txt")
    assert sorted(path.name for path in place.root.iterdir()) == ["b.txt"]


def test_rm_tells_whether_something_was_there(place: Place) -> None:
    place.fs.put("/a.txt", "x")
    assert [place.fs.rm("/a.txt"), place.fs.rm("/a.txt")] == [True, False]


def test_rm_of_a_full_folder_needs_recurse(place: Place) -> None:
    place.fs.put("/a/b.txt", "x")
    with pytest.raises(ExecutionError, match="not empty"):
        place.fs.rm("/a")
    place.fs.rm("/a", True)
    assert not (place.root / "a").exists()


def test_rm_empties_a_volume_and_leaves_it(place: Place) -> None:
    place.fs.put("/Volumes/c/s/landing/x.txt", "x")
    place.fs.rm("/Volumes/c/s/landing", True)
    assert list(place.volume.iterdir()) == []


@pytest.mark.parametrize("verb", ["ls", "head"])
def test_a_missing_file_is_javas_file_not_found(place: Place, verb: str) -> None:
    with pytest.raises(ExecutionError, match=r"java.io.FileNotFoundException: .* dbfs:/no/such"):
        getattr(place.fs, verb)("/no/such")


def test_a_relative_path_is_refused(place: Place) -> None:
    with pytest.raises(ExecutionError, match=r"Path must be absolute: a\.txt"):
        place.fs.ls("a.txt")


def test_an_unknown_scheme_is_refused(place: Place) -> None:
    with pytest.raises(ExecutionError, match='No FileSystem for scheme "abfss"'):
        place.fs.ls("abfss:/container")


def test_a_mount_with_extra_configs_is_refused(place: Place) -> None:
    with pytest.raises(ExecutionError, match="without encryption_type, owner and extra_configs"):
        place.fs.mount("s3a://pins", "/mnt/x", extra_configs={"fs.azure.key": "k"})


def test_what_is_not_supported_names_what_is(place: Place) -> None:
    with pytest.raises(NotSupportedError, match=r"dbutils.fs.cacheTable .* cp, head, ls, mkdirs"):
        place.fs.cacheTable("t")
