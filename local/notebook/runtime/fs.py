"""`dbutils.fs`: files and folders behind the paths of a notebook."""
# ruff: noqa: N803, N815  # the names are Databricks'

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pyarrow import fs as arrow

from .errors import ExecutionError, Utility
from .mounts import MountInfo, MountTable, s3a_url
from .paths import Location, View, shown

__all__ = ["FileInfo", "Fs"]


class FileInfo(NamedTuple):
    """One entry of `dbutils.fs.ls`.

    Attributes:
        path: With scheme; a folder's ends with a slash.
        name: A folder's ends with a slash.
        size: In bytes; 0 for a folder.
        modificationTime: In milliseconds since 1970 UTC; 0 where the storage keeps none.
    """

    path: str
    name: str
    size: int
    modificationTime: int

    def isDir(self) -> bool:  # noqa: N802  # the name is Databricks'
        """Return whether this is a folder."""
        return self.name.endswith("/")

    def isFile(self) -> bool:  # noqa: N802  # the name is Databricks'
        """Return whether this is a file."""
        return not self.isDir()


class Fs(Utility):
    """Files by the same links as Spark's, so that both see the same bytes behind a path."""

    _path = "dbutils.fs"

    def __init__(
        self, view: View, mounts: MountTable, refresh_session: Callable[[], object]
    ) -> None:
        self._view = view
        self._mounts = mounts
        self._refresh_session = refresh_session

    def ls(self, path: str) -> list[FileInfo]:
        """Return what is in a folder, by name; for a file, the file itself.

        Raises:
            ExecutionError: There is no such file or folder.
        """
        place = self._view.locate(path)
        linked = self._view.linked_children(path)
        info = _info(place)
        if info.type == arrow.FileType.File:
            return [_file_info(posixpath.dirname(shown(path)), info)]
        if info.type == arrow.FileType.NotFound and not linked:
            raise ExecutionError(_not_found(path))
        found = _children(place) if info.type == arrow.FileType.Directory else []
        listed = [
            _file_info(shown(path), child) for child in found if child.base_name not in linked
        ]
        return sorted(listed + [_folder_info(shown(path), name) for name in linked])

    def head(self, file: str, maxBytes: int = 65536) -> str:
        """Return the beginning of a file, at most `maxBytes` bytes of it, as text.

        Raises:
            ExecutionError: There is no such file.
        """
        place = self._view.locate(file)
        info = _info(place)
        if info.type != arrow.FileType.File:
            raise ExecutionError(_not_found(file))
        if info.size > maxBytes:
            print(f"[Truncated to first {maxBytes} bytes]")  # noqa: T201  # as Databricks does
        with place.storage.open_input_stream(place.path) as stream:
            text: bytes = stream.read(maxBytes)
        return text.decode(errors="replace")

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        """Return true, once the text file is written.

        Raises:
            ExecutionError: The file exists and `overwrite` is false.
        """
        place = self._view.locate(file)
        if not overwrite and _info(place).type != arrow.FileType.NotFound:
            raise ExecutionError(
                f"org.apache.hadoop.fs.FileAlreadyExistsException: {shown(file)} exists; "
                "pass overwrite=True to replace it."
            )
        encoded = contents.encode()
        _make_parents(place)
        with place.storage.open_output_stream(place.path) as stream:
            stream.write(encoded)
        print(f"Wrote {len(encoded)} bytes.")  # noqa: T201  # as Databricks does
        return True

    def mkdirs(self, dir: str) -> bool:  # noqa: A002  # Databricks' name
        """Return true, once the folder and those above it are there."""
        place = self._view.locate(dir)
        place.storage.create_dir(place.path, recursive=True)
        return True

    def cp(self, source: str, dest: str, recurse: bool = False) -> bool:
        """Return true, once the file, or with `recurse` what is in the folder, is copied.

        Raises:
            ExecutionError: There is no such source, or it is a folder and `recurse` is false.
        """
        origin, target = self._view.locate(source), self._view.locate(dest)
        info = _info(origin)
        if info.type == arrow.FileType.NotFound:
            raise ExecutionError(_not_found(source))
        if info.type == arrow.FileType.Directory and not recurse:
            raise ExecutionError(
                f"java.io.IOException: Cannot copy the folder {shown(source)} unless recurse=True."
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
        """Return true, once the file or folder is moved: it is copied, then removed."""
        self.cp(source, dest, recurse)
        return self.rm(source, recurse)

    def rm(self, dir: str, recurse: bool = False) -> bool:  # noqa: A002  # Databricks' name
        """Return whether there was a file or folder; it is removed.

        Of a folder all is removed with `recurse`. The root of a mount or volume is emptied, and
        stays.

        Raises:
            ExecutionError: The folder is not empty and `recurse` is false.
        """
        place = self._view.locate(dir)
        info = _info(place)
        if info.type == arrow.FileType.File:
            place.storage.delete_file(place.path)
        elif info.type == arrow.FileType.Directory:
            if not recurse and _children(place):
                raise ExecutionError(
                    f"java.io.IOException: Cannot delete {shown(dir)}: it is not empty; "
                    "pass recurse=True to remove what is in it, too."
                )
            _remove_folder(place)
        return bool(info.type != arrow.FileType.NotFound)

    def mount(
        self,
        source: str,
        mount_point: str,
        encryption_type: str = "",
        owner: str | None = None,
        extra_configs: Mapping[str, str] | None = None,
    ) -> bool:
        """Return true, once a bucket or a folder of one is readable below `mount_point`.

        It lasts until it is unmounted. Sessions that are open already see it after
        `refreshMounts()`.

        Raises:
            ExecutionError: There is no such bucket, or the mount point is taken or no path below
                /mnt.
        """
        self._check_mountable(source, encryption_type, owner, extra_configs)
        self._mounts.add(mount_point.rstrip("/"), source)
        return self.refreshMounts()

    def updateMount(  # noqa: N802  # the name is Databricks'
        self,
        source: str,
        mount_point: str,
        encryption_type: str = "",
        owner: str | None = None,
        extra_configs: Mapping[str, str] | None = None,
    ) -> bool:
        """Return true, once the mount leads to another bucket; it is added where there is none.

        Raises:
            ExecutionError: There is no such bucket.
        """
        self._check_mountable(source, encryption_type, owner, extra_configs)
        self._mounts.replace(mount_point.rstrip("/"), source)
        return self.refreshMounts()

    def unmount(self, mount_point: str) -> bool:
        """Return true, once the mount is removed; the bucket is left as it is.

        Raises:
            ExecutionError: Nothing is mounted there.
        """
        self._mounts.remove(mount_point.rstrip("/"))
        return self.refreshMounts()

    def mounts(self) -> list[MountInfo]:
        """Return all mounts, by mount point."""
        return [
            MountInfo(mount_point, source, "")
            for mount_point, source in sorted(self._mounts.all().items())
        ]

    def refreshMounts(self) -> bool:  # noqa: N802  # the name is Databricks'
        """Return true, once this session sees what others mounted and unmounted."""
        self._refresh_session()
        return True

    def _check_mountable(
        self,
        source: str,
        encryption_type: str,
        owner: str | None,
        extra_configs: Mapping[str, str] | None,
    ) -> None:
        if encryption_type or owner or extra_configs:
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


def _info(place: Location) -> arrow.FileInfo:
    try:
        return place.storage.get_file_info(place.path)
    except OSError as error:
        raise ExecutionError(
            f"java.io.IOException: the storage of {place.path!r} does not answer: {error}"
        ) from error


def _children(place: Location) -> list[arrow.FileInfo]:
    found: list[arrow.FileInfo] = place.storage.get_file_info(arrow.FileSelector(place.path))
    # Spark's checksums on a disk: Hadoop's own listing leaves them out, too.
    return [child for child in found if not re.fullmatch(r"\..*\.crc", child.base_name)]


def _make_parents(place: Location) -> None:
    if not isinstance(place.storage, arrow.S3FileSystem):  # S3 has no folders to make
        place.storage.create_dir(posixpath.dirname(place.path), recursive=True)


def _remove_folder(place: Location) -> None:
    if place.is_root:
        place.storage.delete_dir_contents(place.path)
    else:
        place.storage.delete_dir(place.path)


def _file_info(folder: str, info: arrow.FileInfo) -> FileInfo:
    if info.type == arrow.FileType.Directory:
        return _folder_info(folder, info.base_name)
    modified_milliseconds = (info.mtime_ns or 0) // 1_000_000
    return FileInfo(
        _below(folder, info.base_name), info.base_name, info.size, modified_milliseconds
    )


def _folder_info(folder: str, name: str) -> FileInfo:
    return FileInfo(_below(folder, name) + "/", f"{name}/", 0, 0)


def _below(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _not_found(path: str) -> str:
    return f"java.io.FileNotFoundException: No such file or directory {shown(path)}"
