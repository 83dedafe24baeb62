"""The store of the workspace: JSON documents in one SQLite file, which survives `kill -9`."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.workspace.errors import not_found

__all__ = ["Document", "RunFilter", "Store"]

type Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key));
CREATE TABLE IF NOT EXISTS runs (
    run_id INTEGER PRIMARY KEY, job_id INTEGER, active INTEGER, token TEXT, body TEXT
);
CREATE INDEX IF NOT EXISTS runs_of_job ON runs (job_id, run_id);
CREATE INDEX IF NOT EXISTS active_runs ON runs (active) WHERE active;
CREATE UNIQUE INDEX IF NOT EXISTS run_tokens ON runs (token) WHERE token IS NOT NULL;
CREATE TABLE IF NOT EXISTS task_runs (task_run_id INTEGER PRIMARY KEY, run_id INTEGER);
CREATE TABLE IF NOT EXISTS identifiers (last INTEGER);
INSERT INTO identifiers SELECT 1000 WHERE NOT EXISTS (SELECT * FROM identifiers);
"""


@dataclass(frozen=True, kw_only=True)
class RunFilter:
    """Which runs to list, newest first.

    Attributes:
        job_id: Runs of this job; null for all.
        active: True for active runs only, false for ended runs only; null for both.
        before: Runs with a smaller id than this; null for all.
        limit: The largest number of runs.
    """

    job_id: int | None = None
    active: bool | None = None
    before: int | None = None
    limit: int = -1


class Store:
    """Documents by kind and key, and the runs with what they are searched by.

    Each change is one transaction. Use it in one thread.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path)
        path.chmod(0o600)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A commit survives the end of the process; only a power failure may lose the last ones.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def next_id(self) -> int:
        """Return a number that was never returned before."""
        query = "UPDATE identifiers SET last = last + 1 RETURNING last"
        with self._connection as transaction:
            ((number,),) = transaction.execute(query).fetchall()
        return int(number)

    def get(self, kind: str, key: object) -> Document | None:
        """Return a document; null if there is none."""
        query = "SELECT body FROM documents WHERE kind = ? AND key = ?"
        return self._first(query, kind, str(key))

    def find(self, kind: str, key: object) -> Document:
        """Return a document.

        Raises:
            ApiError: Raised when there is none; it names the kind without the plural's "s".
        """
        document = self.get(kind, key)
        if document is None:
            raise not_found(f"{kind.removesuffix('s').capitalize()} {key}")
        return document

    def all(self, kind: str) -> dict[str, Document]:
        """Return the documents of a kind by key, in the order of their creation."""
        query = "SELECT key, body FROM documents WHERE kind = ? ORDER BY rowid"
        return {key: json.loads(body) for key, body in self._connection.execute(query, (kind,))}

    def put(self, kind: str, key: object, document: Document) -> Document:
        """Write a document.

        Returns:
            The document.
        """
        with self._connection as transaction:
            transaction.execute(
                "INSERT INTO documents VALUES (?, ?, ?) "
                "ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                (kind, str(key), json.dumps(document)),
            )
        return document

    def delete(self, kind: str, key: object) -> None:
        """Delete a document if it exists."""
        query = "DELETE FROM documents WHERE kind = ? AND key = ?"
        with self._connection as transaction:
            transaction.execute(query, (kind, str(key)))

    def put_run(self, body: Document, token: str | None = None) -> None:
        """Write a run and the ids of its tasks; a run without an end is active.

        The idempotency token of the first call is kept.
        """
        run = body["run"]
        tasks = [*run.get("tasks", []), *body["iterations"]]
        columns = (run["run_id"], run["job_id"], not run["end_time"], token, json.dumps(body))
        with self._connection as transaction:
            transaction.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET "
                "active = excluded.active, body = excluded.body",
                columns,
            )
            transaction.executemany(
                "INSERT OR IGNORE INTO task_runs VALUES (?, ?)",
                [(task["run_id"], run["run_id"]) for task in tasks],
            )

    def run(self, run_id: int) -> Document:
        """Return a run by its own id, or by the id of one of its tasks.

        Raises:
            ApiError: Raised when there is none.
        """
        query = (
            "SELECT body FROM runs WHERE run_id = ? OR run_id = "
            "(SELECT run_id FROM task_runs WHERE task_run_id = ?)"
        )
        body = self._first(query, run_id, run_id)
        if body is None:
            raise not_found(f"Run {run_id}")
        return body

    def run_with_token(self, token: str) -> Document | None:
        """Return the run that was started with an idempotency token; null if there is none."""
        return self._first("SELECT body FROM runs WHERE token = ?", token)

    def runs(self, wanted: RunFilter) -> list[Document]:
        """Return runs, newest first."""
        conditions = {
            "job_id = ?": wanted.job_id,
            "active = ?": wanted.active,
            "run_id < ?": wanted.before,
        }
        used = {text: value for text, value in conditions.items() if value is not None}
        where = " AND ".join(["TRUE", *used])
        # Only the constant texts above are in the statement.
        query = f"SELECT body FROM runs WHERE {where} ORDER BY run_id DESC LIMIT ?"  # noqa: S608
        rows = self._connection.execute(query, (*used.values(), wanted.limit))
        return [json.loads(body) for (body,) in rows]

    def _first(self, query: str, *values: object) -> Document | None:
        row = self._connection.execute(query, values).fetchone()
        document: Document | None = json.loads(row[0]) if row else None
        return document
