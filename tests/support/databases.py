"""MariaDB and PostgreSQL on loopback, in a temporary folder, with one reader who has a password."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa

from emulation.payloads import EVENTS
from local.supervisor.ports import HOST, free_port
from local.supervisor.waiting import wait_until
from tests.support.sources import geo, pin, user

PASSWORD = "p@ss:w/rd %$"
_START_SECONDS = 30


class Database(ABC):
    """A server with the database `posts`, which the user `reader` owns.

    The servers refuse to run as root. Then they run as the user `nobody`, who owns the folder.
    """

    admin_driver: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._environment = {**os.environ, "TMPDIR": str(folder)}
        self._as_nobody: list[str] = []
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            ids = f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}"
            self._as_nobody = ["setpriv", *ids, "--clear-groups"]

    @abstractmethod
    def create(self) -> None:
        """Create the files of the server."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that runs the server."""

    def url(self, driver: str, password: str = PASSWORD) -> str:
        """Return the URL that `reader` opens with `driver`."""
        url = sa.URL.create(driver, "reader", password, HOST, self.port, "posts")
        return url.render_as_string(hide_password=False)

    def execute(self, *statements: str) -> list[Sequence[Any]]:
        """Run `statements` as `reader` on a new connection; return the rows of the last one."""
        engine = sa.create_engine(self.url(self.admin_driver), poolclass=sa.NullPool)
        rows: list[Sequence[Any]] = []
        with engine.begin() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
                rows = list(result) if result.returns_rows else []
        return rows

    def run(self, *command: str, content: bytes | None = None) -> None:
        """Run a command of the set-up with `content` as its input."""
        done = subprocess.run(
            [*self._as_nobody, *command],
            cwd=self.folder,
            env=self._environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            input=content,
        )
        assert done.returncode == 0, done.stdout.decode(errors="replace")

    def write(self, name: str, text: str) -> None:
        """Write a file of the set-up that the server's user can read."""
        file = self.folder / name
        file.write_text(text)
        file.chmod(0o644)  # the folder is closed to others

    def start(self) -> None:
        """Start the server, without waiting for it."""
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self._as_nobody, *self.command()],
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Wait until the server answers."""

        def answers() -> bool:
            assert self.process.poll() is None, self.log()
            try:
                return bool(self.execute("SELECT 1"))
            except sa.exc.OperationalError:
                return False

        wait_until(answers, seconds=_START_SECONDS, description=type(self).__name__)

    def log(self) -> str:
        """Return what the server has printed."""
        return (self.folder.parent / f"{self.folder.name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """Stop the server at once; open connections are lost."""
        self.process.send_signal(self.stop_signal)
        self.process.wait(_START_SECONDS)


class MariaDB(Database):
    """A MariaDB server."""

    admin_driver = "mysql+pymysql"
    stop_signal = signal.SIGKILL

    def create(self) -> None:
        program("my_print_defaults", "mariadb-client-core")  # the installation calls it
        self.write(
            "init.sql",
            "CREATE DATABASE IF NOT EXISTS posts;\n"
            f"CREATE USER IF NOT EXISTS reader@'{HOST}' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO reader@'{HOST}';\n",
        )
        install = program("mariadb-install-db", "mariadb-server-core")
        options = ("--no-defaults", "--datadir=./files", "--skip-test-db")
        self.run(install, *options, "--auth-root-authentication-method=normal")

    def command(self) -> list[str]:
        return [
            program("mariadbd", "mariadb-server-core"),
            "--no-defaults",
            "--skip-name-resolve",
            f"--datadir={self.folder}/files",
            f"--bind-address={HOST}",
            f"--port={self.port}",
            "--socket=socket",  # short, in the folder of the files
            f"--pid-file={self.folder}/pid",
            f"--init-file={self.folder}/init.sql",
        ]


class PostgreSQL(Database):
    """A PostgreSQL server."""

    admin_driver = "postgresql+psycopg"
    stop_signal = signal.SIGQUIT  # ends its child processes, too

    def create(self) -> None:
        self.write("password", PASSWORD)
        options = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
        login = ("--username=reader", "--pwfile=password")
        self.run(self._binary("initdb"), "--pgdata=files", *options, *login)
        create = [self._binary("postgres"), "--single", "-D", "files", "postgres"]
        self.run(*create, content=b"CREATE DATABASE posts\n")

    def command(self) -> list[str]:
        settings = (f"listen_addresses={HOST}", "unix_socket_directories=", "fsync=off")
        options = [part for setting in settings for part in ("-c", setting)]
        return [self._binary("postgres"), "-D", "files", "-p", str(self.port), *options]

    @staticmethod
    def _binary(name: str) -> str:
        server = shutil.which("postgres")
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # Debian's are not on the PATH
        folder = Path(server).resolve().parent if server else (folders or [Path()])[-1]
        return program(str(folder / name), "postgresql")


def program(name: str, package: str) -> str:
    """Return the path of a program.

    Raises:
        FileNotFoundError: Raised when it is not installed.
    """
    path = shutil.which(name)
    if path is None:
        raise FileNotFoundError(
            f"{name} is not installed. Run `make databases`, or install the package {package}."
        )
    return path


@contextmanager
def running[D: Database](kind: type[D]) -> Iterator[D]:
    """Create a server of this `kind` and yield it while it runs."""
    with tempfile.TemporaryDirectory(prefix="pinterest-pipeline-") as parent:
        Path(parent).chmod(0o755)  # the user `nobody` passes through it
        folder = Path(parent, "database")
        folder.mkdir(0o700)
        database = kind(folder)
        database.create()
        database.start()
        try:
            database.wait()
            yield database
        finally:
            database.stop()


def create_tables(database: Database, indexes: Sequence[int] = (), **types: str) -> None:
    """Replace the three tables. Each of `indexes` has one complete post.

    Args:
        database: Where the tables are.
        indexes: The indexes of the posts.
        types: Types of columns that are no text, by name; `key` for `index` and `ind`.
    """
    defaults = {"latitude": "DOUBLE PRECISION", "longitude": "DOUBLE PRECISION"}
    numbers = {"key": "INTEGER", "age": "INTEGER", "downloaded": "INTEGER"}
    all_types = {**defaults, **numbers, **types}
    engine = sa.create_engine(database.url(database.admin_driver), poolclass=sa.NullPool)
    quote = engine.dialect.identifier_preparer.quote
    with engine.begin() as connection:
        for event, row in zip(EVENTS, (pin, geo, user), strict=True):
            columns = ", ".join(
                f"{quote(name)} {all_types.get('key' if name == event.key else name, 'TEXT')}"
                for name in event.columns
            )
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {event.table}")
            connection.exec_driver_sql(f"CREATE TABLE {event.table} ({columns})")
            marks = ", ".join(["%s"] * len(event.columns))
            for index in indexes:
                insert = f"INSERT INTO {event.table} VALUES ({marks})"  # noqa: S608  # its own names
                connection.exec_driver_sql(insert, row(index))
