"""Small disks for the services of a chaos run, which faults fill up.

They are file systems in memory, in a mount namespace of the command: nobody else sees them.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.errors import StackError
from local.settings import Settings

__all__ = ["KINDS", "Disks", "ensure_namespace", "is_reported_in", "small_disks"]

_FOLDERS = {"s3": "landing", "kinesis": "kinesis", "broker": "kafka", "spark": "spark"}
"""The folder of each service in the state folder."""
_SIZE = "512m"
_BLOCK = 4096
_REASONS = (os.strerror(errno.ENOSPC), "database or disk is full")
_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
_INSIDE = "PINTEREST_CHAOS_NAMESPACE"

KINDS = {"fill": (tuple(_FOLDERS), 10.0)}
"""The targets of each kind of fault, and the longest time that it lasts."""


class Disks:
    """The disks of the services.

    Args:
        folders: The folder that each disk is mounted on, by service.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders

    def fill(self, service: str) -> None:
        """Use all space of a service's disk. The service may free some of it at any time.

        Raises:
            RuntimeError: Raised when the service keeps nothing there.
        """
        folder = self._folders[service]
        if not any(folder.iterdir()):
            raise RuntimeError(f"expected files of {service} in {folder}; it is empty")
        with self._filler(service).open("wb") as file:
            used = 0
            try:
                while free := shutil.disk_usage(folder).free:
                    os.posix_fallocate(file.fileno(), used, free)
                    used += free
            except OSError:  # the service took some of it meanwhile
                self._fill_blocks(file.fileno(), used)

    def free(self, service: str) -> None:
        """Remove what `fill` wrote."""
        self._filler(service).unlink(missing_ok=True)

    def _filler(self, service: str) -> Path:
        return self._folders[service] / "filler"

    def _fill_blocks(self, descriptor: int, used: int) -> None:
        try:
            while True:
                os.posix_fallocate(descriptor, used, _BLOCK)
                used += _BLOCK
        except OSError:
            return


@contextmanager
def small_disks(settings: Settings) -> Iterator[Disks | None]:
    """Mount a disk for each service, if this process has a namespace of its own.

    Yields:
        The disks; null outside a namespace.
    """
    if _INSIDE not in os.environ:
        yield None
        return
    folders = {service: settings.state / name for service, name in _FOLDERS.items()}
    mounted: list[Path] = []
    try:
        for folder in folders.values():
            folder.mkdir(mode=0o700)
            _call("mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=0700", "chaos", str(folder))
            mounted.append(folder)
        yield Disks(folders)
    finally:
        for folder in mounted:
            _call("umount", "--lazy", str(folder))


def is_reported_in(log: Path) -> bool:
    """Return whether a log, or the older log beside it, reports a full disk."""
    texts = [path.read_text(errors="replace") for path in log.parent.glob(f"{log.name}*")]
    return any(reason in text for text in texts for reason in _REASONS)


def ensure_namespace() -> None:
    """Replace this process by one with a namespace of its own, unless it has one.

    Raises:
        StackError: Raised when this system does not allow it.
    """
    if _INSIDE in os.environ:
        return
    _call(*_NAMESPACE, "true")
    command = [*_NAMESPACE, sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
    os.execvpe(command[0], command, {**os.environ, _INSIDE: "1"})  # noqa: S606  # a fixed program


def _call(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or str(error)
        raise StackError(
            f"expected a system on which `{' '.join(command)}` works; it says: {reason.strip()}."
            " Use DISKS=no (--no-disks) to run without full disks"
        ) from error
