"""Keeps the records that were fetched to find a micro-batch's end, for the tasks that read it.

There is one Arrow file per shard and micro-batch, in a folder that only its owner may enter. A task
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

from .client import Record

__all__ = ["COLUMNS", "Spool", "SpoolFile", "read_spooled", "to_arrow"]

COLUMNS = (
    "partitionKey string, data binary, stream string, shardId string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
"""Databricks' columns."""

_SCHEMA = pa.schema([
    ("partitionKey", pa.string()),
    ("data", pa.binary()),
    ("stream", pa.string()),
    ("shardId", pa.string()),
    ("sequenceNumber", pa.string()),
    ("approximateArrivalTimestamp", pa.timestamp("us", tz="UTC")),
])


def to_arrow(records: Sequence[Record], stream: str, shard: str) -> pa.RecordBatch:
    """Return `records` as one batch with the columns `COLUMNS`."""
    micros = [round(record.approximate_arrival_timestamp * 1_000_000) for record in records]
    arrays = [
        pa.array([record.partition_key for record in records], pa.string()),
        pa.array([record.data for record in records], pa.binary()),
        pa.repeat(stream, len(records)),
        pa.repeat(shard, len(records)),
        pa.array([record.sequence_number for record in records], pa.string()),
        pa.array(micros, pa.int64()).cast(_SCHEMA.field("approximateArrivalTimestamp").type),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def read_spooled(path: str | None) -> Iterator[pa.RecordBatch] | None:
    """Return the record batches in the file `path`, or None where there is no such file."""
    try:
        source = pa.memory_map(path) if path else None
    except FileNotFoundError:
        return None
    return iter(pa.ipc.open_stream(source)) if source else None


class SpoolFile:
    """The records of one shard and micro-batch; the first record creates the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._file: pa.OSFile | None = None

    def write(self, records: Sequence[Record], stream: str, shard: str) -> None:
        """Append `records`."""
        if self._writer is None:
            self.path.touch(mode=0o600)
            self._file = pa.OSFile(str(self.path), "wb")
            self._writer = pa.ipc.new_stream(self._file, _SCHEMA)
        self._writer.write_batch(to_arrow(records, stream, shard))

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._writer and self._file:
            self._writer.close()
            self._file.close()


class Spool:
    """The files of the micro-batches that are not yet committed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kinesis-")
        self._batches: dict[str, dict[str, Path]] = {}
        self._count = 0
        _exit_on_sigterm()

    def new_file(self) -> SpoolFile:
        """Return a new file name; its first record creates the file."""
        self._count += 1
        return SpoolFile(Path(self._folder.name) / f"{self._count}.arrow")

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


def _exit_on_sigterm() -> None:
    """Exit on SIGTERM, with which Spark stops a source's process, so that the files are removed."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
