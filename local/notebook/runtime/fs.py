"""`dbutils.fs`: file operations and mounts."""
# ruff: noqa: N802, N803, N815  # the names are Databricks'
# ruff: noqa: DOC201  # the first sentence of a docstring says what is returned

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pyarrow import fs as arrow

from local.notebook.runtime.storage import Location, MountTable, PathView, full_path, s3a_url
from local.notebook.runtime.utility import ExecutionError, Utility

__all__ = ["FileInfo", "Fs", "MountInfo"]


class FileInfo(NamedTuple):
    """One entry of `dbutils.fs.ls`.

    Attributes:
        path: With scheme; the path of a folder ends with a slash.
        name: The name of a folder ends with a slash.
        size: In bytes; 0 for a folder.
        modificationTime: In milliseconds since 1970 UTC; 0 where the storage has none.
    """

    path: str
    name: str
    size: int
    modificationTime: int

    def isDir(self) -> bool:
        """Return whether the entry is a folder."""
        return self.name.endswith("/")

    def isFile(self) -> bool:
        """Return whether the entry is a file."""
        return not self.isDir()


class MountInfo(NamedTuple):
    """One entry of `dbutils.fs.mounts`."""

    mountPoint: str
    source: str
    encryptionType: str


class Fs(Utility):
    """`dbutils.fs`. It follows the same links as Spark, so both see the same files."""

    _path = "dbutils.fs"

    def __init__(
        self, view: PathView, mounts: MountTable, refresh_session: Callable[[], object]
    ) -> None:
        self._view = view
        self._mounts = mounts
        self._refresh_session = refresh_session

    def ls(self, path: str) -> list[FileInfo]:
        """Return the entries of a folder, sorted by name; for a file, the file itself.

        Raises:
            ExecutionError: Raised when there is no such file or folder.
        """
        location = self._view.locate(path)
        linked = self._view.linked_children(path)
        info = _info(location)
        if info.type == arrow.FileType.File:
            return [_file_info(posixpath.dirname(full_path(path)), info)]
        if info.type == arrow.FileType.NotFound and not linked:
            raise ExecutionError(_not_found(path))
        children = _children(location) if info.type == arrow.FileType.Directory else []
        folder = full_path(path)
        stored = [_file_info(folder, child) for child in children if child.base_name not in linked]
        return sorted(stored + [_folder_info(folder, name) for name in linked])

    def head(self, file: str, maxBytes: int = 65536) -> str:
        """Return the first `maxBytes` bytes of a file as text.

        Raises:
            ExecutionError: Raised when there is no such file.
        """
        location = self._view.locate(file)
        info = _info(location)
        if info.type != arrow.FileType.File:
            raise ExecutionError(_not_found(file))
        if info.size > maxBytes:
            print(f"[Truncated to first {maxBytes} bytes]")  # noqa: T201  # as Databricks does
        with location.storage.open_input_stream(location.path) as stream:
            text: bytes = stream.read(maxBytes)
        return text.decode(errors="replace")

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        """Write a text file; return True.

        Raises:
            ExecutionError: Raised when the file exists and `overwrite` is false.
        """
        location = self._view.locate(file)
        if not overwrite and _info(location).type != arrow.FileType.NotFound:
            raise ExecutionError(
                f"org.apache.hadoop.fs.FileAlreadyExistsException: {full_path(file)} exists; "
                "pass overwrite=True to replace it."
            )
        encoded = contents.encode()
        _make_parents(location)
        with location.storage.open_output_stream(location.path) as stream:
            stream.write(encoded)
        print(f"Wrote {len(encoded)} bytes.")  # noqa: T201  # as Databricks does
        return True

    def mkdirs(self, dir: str) -> bool:  # noqa: A002  # Databricks' name
        """Create a folder and its parents; return True."""
        location = self._view.locate(dir)
        location.storage.create_dir(location.path, recursive=True)
        return True

    def cp(self, source: str, dest: str, recurse: bool = False) -> bool:
        """Copy a file, or with `recurse` the content of a folder; return True.

        Raises:
            ExecutionError: Raised when there is no such source, or it is a folder and
                `recurse` is false.
        """
        origin, target = self._view.locate(source), self._view.locate(dest)
        info = _info(origin)
        if info.type == arrow.FileType.NotFound:
            raise ExecutionError(_not_found(source))
        if info.type == arrow.FileType.Directory and not recurse:
            raise ExecutionError(
                f"java.io.IOException: Cannot copy the folder {full_path(source)} "
                "unless recurse=True."
            )
        if info.type == arrow.FileType.File and _info(target).type == arrow.FileType.Directory:
            target = Location(target.storage, posixpath.join(target.path, info.base_name))
        if info.type == arrow.FileType.Directory:
            target.storage.create_dir(target.path, recursive=True)
        _make_parents(target)
        arrow.copy_files(
            origin.path,
            target.path,
            source_filesystem=origin.storage,
            destination_filesystem=target.storage,
        )
        return True

    def mv(self, source: str, dest: str, recurse: bool = False) -> bool:
        """Copy a file or folder, then remove the source; return True."""
        self.cp(source, dest, recurse)
        return self.rm(source, recurse)

    def rm(self, dir: str, recurse: bool = False) -> bool:  # noqa: A002  # Databricks' name
        """Remove a file or folder; return whether it existed.

        A folder that is not empty needs `recurse`. The root of a mount or volume is emptied but
        not removed.

        Raises:
            ExecutionError: Raised when the folder is not empty and `recurse` is false.
        """
        location = self._view.locate(dir)
        info = _info(location)
        if info.type == arrow.FileType.File:
            location.storage.delete_file(location.path)
        elif info.type == arrow.FileType.Directory:
            if not recurse and _children(location):
                raise ExecutionError(
                    f"java.io.IOException: Cannot delete {full_path(dir)}: it is not empty; "
                    "pass recurse=True to remove its content too."
                )
            if location.is_root:
                location.storage.delete_dir_contents(location.path)
            else:
                location.storage.delete_dir(location.path)
        return bool(info.type != arrow.FileType.NotFound)

    def mount(
        self,
        source: str,
        mount_point: str,
        encryption_type: str = "",
        owner: str | None = None,
        extra_configs: Mapping[str, str] | None = None,
    ) -> bool:
        """Mount a bucket, or a folder of a bucket, at `mount_point`; return True.

        The mount remains until it is unmounted. Other open sessions see it after
        `refreshMounts()`.

        Raises:
            ExecutionError: Raised when there is no such bucket, or the mount point is in use or
                not below /mnt.
        """
        return self._mount(source, mount_point, encryption_type or owner or extra_configs)

    def updateMount(
        self,
        source: str,
        mount_point: str,
        encryption_type: str = "",
        owner: str | None = None,
        extra_configs: Mapping[str, str] | None = None,
    ) -> bool:
        """Change the source of a mount, or add the mount; return True.

        Raises:
            ExecutionError: Raised when there is no such bucket, or the mount point is not below
                /mnt.
        """
        unsupported = encryption_type or owner or extra_configs
        return self._mount(source, mount_point, unsupported, replace=True)

    def unmount(self, mount_point: str) -> bool:
        """Remove a mount; return True. The bucket does not change.

        Raises:
            ExecutionError: Raised when nothing is mounted there.
        """
        self._mounts.remove(mount_point.rstrip("/"))
        return self.refreshMounts()

    def mounts(self) -> list[MountInfo]:
        """Return all mounts, sorted by mount point."""
        return [MountInfo(*mount, "") for mount in sorted(self._mounts.all().items())]

    def refreshMounts(self) -> bool:
        """Update this session with the mounts of other notebooks; return True."""
        self._refresh_session()
        return True

    def _mount(
        self, source: str, mount_point: str, unsupported: object, *, replace: bool = False
    ) -> bool:
        if unsupported:
            raise ExecutionError(
                "java.lang.UnsupportedOperationException: the local runtime mounts S3 buckets "
                "without encryption_type, owner and extra_configs; leave them out."
            )
        url = s3a_url(source)
        bucket = Location(self._view.storage.s3, url.removeprefix("s3a://").split("/")[0])
        if _info(bucket).type == arrow.FileType.NotFound:
            raise ExecutionError(
                f"java.io.FileNotFoundException: Bucket {bucket.path} does not exist: nothing is "
                f"mounted. Check the name in {source!r}, or create the bucket."
            )
        self._mounts.add(mount_point.rstrip("/"), source, replace=replace)
        return self.refreshMounts()


def _info(location: Location) -> arrow.FileInfo:
    try:
        return location.storage.get_file_info(location.path)
    except OSError as error:
        raise ExecutionError(
            f"java.io.IOException: the storage of {location.path!r} does not answer: {error}"
        ) from error


def _children(location: Location) -> list[arrow.FileInfo]:
    entries: list[arrow.FileInfo] = location.storage.get_file_info(
        arrow.FileSelector(location.path)
    )
    # Hadoop's own listing also leaves out the checksum files that Spark writes on a disk.
    return [child for child in entries if not re.fullmatch(r"\..*\.crc", child.base_name)]


def _make_parents(location: Location) -> None:
    if not isinstance(location.storage, arrow.S3FileSystem):  # S3 needs no folders
        location.storage.create_dir(posixpath.dirname(location.path), recursive=True)


def _file_info(folder: str, info: arrow.FileInfo) -> FileInfo:
    if info.type == arrow.FileType.Directory:
        return _folder_info(folder, info.base_name)
    modified_milliseconds = (info.mtime_ns or 0) // 1_000_000
    path = posixpath.join(folder, info.base_name)
    return FileInfo(path, info.base_name, info.size, modified_milliseconds)


def _folder_info(folder: str, name: str) -> FileInfo:
    return FileInfo(posixpath.join(folder, name, ""), f"{name}/", 0, 0)


def _not_found(path: str) -> str:
    return f"java.io.FileNotFoundException: No such file or directory {full_path(path)}"
