"""What finding a micro-batch's end has fetched, kept for the tasks that read it.

One Arrow file for each shard and micro-batch, in a folder that only its owner may enter. A task
that does not find its file, after a restart or on another machine, reads the stream.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from .records import SCHEMA, Record, to_arrow

__all__ = ["Spool", "SpoolFile", "kept"]


def kept(path: str | None) -> Iterator[pa.RecordBatch] | None:
    """Return the record batches in the file `path`, or null where it is gone."""
    try:
        source = pa.memory_map(path) if path else None
    except FileNotFoundError:
        return None
    return iter(pa.ipc.open_stream(source)) if source else None


class SpoolFile:
    """The records of one shard and micro-batch; a file once there is a first one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._file: pa.OSFile | None = None

    def write(self, records: Sequence[Record], stream: str, shard: str) -> None:
        """Add `records`, at the end."""
        if self._writer is None:
            self.path.touch(mode=0o600)
            self._file = pa.OSFile(str(self.path), "wb")
            self._writer = pa.ipc.new_stream(self._file, SCHEMA)
        self._writer.write_batch(to_arrow(records, stream, shard))

    def close(self) -> None:
        """Finish the file, if there is one."""
        if self._writer and self._file:
            self._writer.close()
            self._file.close()


class Spool:
    """The files of the micro-batches that are not committed yet."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kinesis-")
        self._batches: dict[str, dict[str, Path]] = {}
        self._made = 0
        _end_by_stop()

    def new_file(self) -> SpoolFile:
        """Return a file that does not exist yet."""
        self._made += 1
        return SpoolFile(Path(self._folder.name) / f"{self._made}.arrow")

    def keep(self, end: str, files: dict[str, Path]) -> None:
        """Note the files, by shard, of the micro-batch that ends at the offset `end`."""
        self._batches[end] = files

    def files(self, end: str) -> dict[str, Path]:
        """Return the files, by shard, of the micro-batch that ends at `end`; none if unknown."""
        return self._batches.get(end, {})

    def commit(self, end: str) -> None:
        """Remove the files of the micro-batches up to the one that ends at `end`."""
        if end not in self._batches:
            return
        while self._batches:
            first = next(iter(self._batches))
            for path in self._batches.pop(first).values():
                path.unlink(missing_ok=True)
            if first == end:
                return

    def close(self) -> None:
        """Remove every file."""
        self._folder.cleanup()


def _end_by_stop() -> None:
    """Let SIGTERM end this process as an exit does: that is how Spark stops a source's process.

    Without it nobody would remove the files.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
