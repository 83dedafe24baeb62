"""Plain names of folders, for programs that cannot read every legal path.

Kafka, Hadoop, Derby and Java read some characters of a path as syntax: a list, a URL, an escape.
Such a folder gets a link with a plain name. A path that is plain already stays as it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from local.errors import StackError

__all__ = ["SHORT", "Links", "plain_path", "remove_links"]

SHORT = Path("/tmp")  # noqa: S108  # what is created here belongs to its user only
"""A folder with a short and plain name on every Unix, also for sockets (at most 103 characters)."""

_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


class Links:
    """The links of one user, in a folder that only this user can read.

    A link has the same name at each start, because tables and checkpoints keep it. A process holds
    a lock on the folder until its end, so no other process removes a link that it uses. systemd
    removes old files in `/tmp`, but none in a locked folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: int | None = None

    def link(self, path: Path) -> Path:
        """Return `path` if its name is plain, or else a link to it.

        Args:
            path: An absolute path; it need not exist.

        Raises:
            StackError: Raised when the folder of the links belongs to another user.
        """
        if _PLAIN.fullmatch(str(path)):
            return path
        if self._lock is None or not self._folder.exists():
            self._lock = self._open()
        link = self._folder / hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        with suppress(FileExistsError):
            link.symlink_to(path)
        return link

    def remove(self) -> None:
        """Remove all links, unless another process uses one."""
        if not self._folder.exists() or not self._is_own():
            return
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(self._folder)
        except BlockingIOError:
            return
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Let other processes remove the links."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _open(self) -> int:
        """Return a descriptor of the folder, with a shared lock; create the folder if needed."""
        while True:
            with suppress(FileExistsError):
                self._folder.mkdir(mode=0o700)
            with suppress(FileNotFoundError):  # another process has just removed it
                self._require_own()
                descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                if self._is_current(descriptor):
                    os.set_inheritable(descriptor, True)  # JupyterLab replaces its command
                    return descriptor
                os.close(descriptor)

    def _is_current(self, descriptor: int) -> bool:
        """Return whether the folder is still the one that was opened before the lock was free."""
        return self._folder.exists() and os.path.samestat(os.fstat(descriptor), self._folder.stat())

    def _require_own(self) -> None:
        if not self._is_own():
            raise StackError(
                f"expected {self._folder}, the folder of links to paths with special characters, "
                f"to be a folder of the user {os.getuid()}; got another user's, or no folder. Let "
                "its owner remove it, or use only letters, digits and ._-/ in PINTEREST_STATE and "
                "in the path of the checkout"
            )
        self._folder.chmod(0o700)

    def _is_own(self) -> bool:
        status = self._folder.lstat()
        return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()


_links = Links(SHORT / f"pinterest-{os.getuid()}")


def plain_path(path: Path) -> Path:
    """Return `path`, or a link to it if its name has other characters than letters, digits, `._-`.

    Raises:
        StackError: Raised when the folder of the links belongs to another user.
    """
    return _links.link(path)


def remove_links() -> None:
    """Remove the links of this user, unless a stack or a notebook uses one."""
    _links.remove()
