"""Keeps the resume point of a run in a file, so that a later run can go on from there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from emulation.errors import SettingsError
from emulation.source import readable_url

__all__ = ["ResumePoint"]


class _State(msgspec.Struct):
    source: str
    api: str
    target: str
    after: int


class ResumePoint:
    """The resume point of one source, API and target: a file in the state folder."""

    def __init__(self, folder: Path, source: str, api: str, target: str) -> None:
        """Take the `folder` of all resume points, and what tells this one from the others."""
        self._identity = (readable_url(source), api, target)
        name = hashlib.sha256("\n".join(self._identity).encode()).hexdigest()[:16]
        self.path = folder / f"{name}.json"

    def load(self) -> int | None:
        """Return the index of the last acknowledged post; null where no run has left one.

        Raises:
            SettingsError: If the file is not one that a run has written.
        """
        if not self.path.exists():
            return None
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_State).after
        except msgspec.DecodeError as error:
            raise SettingsError(
                f"The resume point {self.path} is unreadable: {error}. Remove the file and run "
                "without --resume: posts that arrive twice do no harm."
            ) from error

    def save(self, after: int) -> None:
        """Replace the file in one step, so that it is whole whenever it is read.

        Raises:
            SettingsError: If it cannot be written.
        """
        written = self.path.with_suffix(".writing")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            written.write_bytes(msgspec.json.encode(_State(*self._identity, after)))
            written.replace(self.path)
        except OSError as error:
            raise SettingsError(
                f"The resume point {self.path} cannot be written: {error}. Name a folder with "
                "--state."
            ) from error
