"""Where an interrupted run can resume: tracks acknowledged posts and keeps the point in a file."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from pathlib import Path

import msgspec

from emulation.errors import SettingsError
from emulation.source_url import readable_url

__all__ = ["AckTracker", "ResumePoint"]


class AckTracker:
    """Tracks the largest index up to which every post is acknowledged.

    Posts are read in index order and gathered into batches by several workers. A worker settles
    its batches in order, but the workers do not wait for each other.
    """

    def __init__(self, resume_after: int, workers: int) -> None:
        """Begin after the index of the last post that needs no sending."""
        self._unsettled: list[deque[int]] = [deque() for _ in range(workers)]
        self._blocked: set[int] = set()
        self._highest = resume_after
        self._lock = threading.Lock()

    def opened(self, worker: int, first: int) -> None:
        """Note that `worker` gathers a batch whose first post is `first`."""
        with self._lock:
            if worker not in self._blocked:
                self._unsettled[worker].append(first)

    def acknowledged(self, worker: int, last: int) -> None:
        """Note that the oldest batch of `worker`, whose last post is `last`, is acknowledged."""
        with self._lock:
            if worker not in self._blocked:
                self._unsettled[worker].popleft()
                self._highest = max(self._highest, last)

    def refused(self, worker: int) -> None:
        """Note that the oldest batch of `worker` was refused: the index never passes it."""
        with self._lock:
            if worker not in self._blocked:
                self._blocked.add(worker)
                self._unsettled[worker] = deque([self._unsettled[worker][0]])

    @property
    def resume_after(self) -> int:
        """Index after which a later run must begin so that it skips no post."""
        with self._lock:
            oldest = [batches[0] for batches in self._unsettled if batches]
            return min(oldest) - 1 if oldest else self._highest


class _State(msgspec.Struct):
    source: str
    api: str
    target: str
    after: int


def _create_private(folder: Path) -> None:
    """Create `folder` and its missing parents for the user alone, as the local stack does."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(0o700, exist_ok=True)


class ResumePoint:
    """The resume point of one source, API and target: a file in the state folder."""

    def __init__(self, folder: Path, source: str, api: str, target: str) -> None:
        """Take the `folder` of all resume points, and what identifies this one."""
        self._identity = (readable_url(source), api, target)
        name = hashlib.sha256("\n".join(self._identity).encode()).hexdigest()[:16]
        self.path = folder / f"{name}.json"

    def load(self) -> int | None:
        """Return the index of the last acknowledged post; None if no run has saved one.

        Raises:
            SettingsError: Raised when the file cannot be read, or is not a resume point.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_State).after
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SettingsError(
                f"The resume point {self.path} cannot be read: {error}. Name a folder with --state."
            ) from error
        except msgspec.DecodeError as error:
            raise SettingsError(
                f"The resume point {self.path} is unreadable: {error}. Remove the file and run "
                "without --resume: posts that arrive twice do no harm."
            ) from error

    def save(self, resume_after: int) -> None:
        """Replace the file atomically, so that a reader never sees an incomplete one.

        Raises:
            SettingsError: Raised when it cannot be written.
        """
        partial = self.path.with_suffix(".writing")
        try:
            _create_private(self.path.parent)
            partial.write_bytes(msgspec.json.encode(_State(*self._identity, resume_after)))
            partial.replace(self.path)
        except OSError as error:
            raise SettingsError(
                f"The resume point {self.path} cannot be written: {error}. Name a folder with "
                "--state."
            ) from error
