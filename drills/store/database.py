"""Opens the database, SQLite or PostgreSQL, brings an old one up to date, and says plainly what is wrong with it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock

import sqlalchemy as sa
from platformdirs import user_data_dir
from sqlalchemy.engine import Connection, Engine

from autograder.errors import KitError
from drills.store.tables import HEAD

LOCK = 0x616E6E64  # PostgreSQL's advisory lock for migrations; any number that nobody else uses


class StoreError(KitError):
    """The database cannot be read or written; the message says what happened and what to do."""


class DatabaseGone(StoreError):
    """The file is no longer the one that was opened: what was committed to it may be gone, too."""


def database_url() -> str:
    """`$ANNDL_DATABASE_URL`, else SQLite in `$ANNDL_DATA`, else in the user's data folder."""
    if url := os.environ.get("ANNDL_DATABASE_URL"):
        return url
    folder = Path(os.environ.get("ANNDL_DATA") or user_data_dir("anndl", appauthor=False))
    return f"sqlite:///{folder / 'drills.db'}"


class Database:
    """An open database with the present schema. Safe to share among threads. `engine` has been connected once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = Lock() if engine.dialect.name == "sqlite" else nullcontext()
        self._file = _file(engine.url)
        self._identity = _identity(self._file)

    @property
    def name(self) -> str:
        """Where it is: the file's path, or the server's address without the password."""
        return _name(self.engine.url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the data.

        Raises:
            StoreError: it cannot be read.
        """
        self._still_there()
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise explained(error, self.name) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose work is committed when the block ends.

        Threads queue for SQLite's one writer here: its own waiting is by sleeping, which lets some wait for seconds.

        Raises:
            StoreError: the work was not committed; nothing of it remains.
        """
        try:
            with self._writer, self.engine.connect().execution_options(immediate=True) as connection:
                self._still_there()
                with connection.begin():
                    yield connection
                self._still_there(written=True)  # what went into a file without a name is not saved
        except sa.exc.DBAPIError as error:
            raise explained(error, self.name) from error

    def _still_there(self, written: bool = False) -> None:
        """Notices that the file, or the log in which its latest rows are, was deleted or replaced under an open database."""
        if self._file is None:
            return
        log = self._file.with_name(self._file.name + "-wal")
        if _identity(self._file) != self._identity or (written and not log.exists()):
            raise DatabaseGone(
                f"Not saved: {self._file} was deleted or replaced while this server ran. Put it back, or a backup, and start "
                "the server again."
            )

    def close(self) -> None:
        """Gives back all connections."""
        self.engine.dispose()


def open_database(url: str | None = None) -> Database:
    """The database at `url` (default: `database_url()`), created or brought up to date where necessary.

    Raises:
        StoreError: it is damaged, from a newer version, or cannot be reached.
    """
    parsed = _parsed(url or database_url())
    if (file := _file(parsed)) is not None:
        _make_folder(file.parent)
    try:
        engine = _engine(parsed)
    except ImportError as error:
        raise StoreError(
            f"{parsed.get_backend_name()} needs a driver: pip install 'anndl[postgres]' ({error})"
        ) from error
    name = _name(parsed)
    try:
        with engine.connect() as connection:
            revision = _revision(connection)
        if revision != HEAD:
            _upgrade(engine, name)
    except sa.exc.DBAPIError as error:
        engine.dispose()
        raise explained(error, name) from error
    except StoreError:
        engine.dispose()
        raise
    return Database(engine)


def explained(error: sa.exc.DBAPIError, name: str) -> StoreError:
    """The driver's error in the words of somebody who wants to go on learning."""
    text = str(error.orig)
    low = text.lower()
    if "disk is full" in low or "no space left" in low or "diskfull" in type(error.orig).__name__.lower():
        return StoreError(f"Not saved: the disk that holds {name} is full. Free some space and answer again.")
    if "malformed" in low or "not a database" in low:
        return StoreError(
            f"{name} is damaged ({text}). Move the file away and restore your last backup with `anndl drills restore`; "
            "keep the damaged file, `sqlite3 FILE .recover` often saves most of it."
        )
    if "readonly" in low or "unable to open" in low or "permission denied" in low:
        return StoreError(
            f"{name} cannot be written ({text}). Check the permissions, or set ANNDL_DATA to another folder."
        )
    if "locked" in low:
        return StoreError(f"Not saved: another program kept {name} locked for {BUSY_SECONDS} s. Answer again.")
    return StoreError(f"{name} does not work: {text.strip().splitlines()[0] if text.strip() else error}")


BUSY_SECONDS = 20


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreError(f"'{url}' is no database URL; write sqlite:///FILE or postgresql://USER@HOST/NAME") from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"{parsed.get_backend_name()} is not supported; use SQLite or PostgreSQL")
    return parsed


def _file(url: sa.URL) -> Path | None:
    """The file of an SQLite database; None where there is none."""
    path = url.database or ""
    on_disk = url.get_backend_name() == "sqlite" and path not in ("", ":memory:") and not path.startswith("file:")
    return Path(path) if on_disk else None


def _name(url: sa.URL) -> str:
    return str(_file(url) or url.render_as_string(hide_password=True))


def _identity(file: Path | None) -> tuple[int, int] | None:
    """What tells this file from another one of the same name; None where there is none."""
    try:
        state = file.stat() if file else None
    except OSError:
        return None
    return (state.st_dev, state.st_ino) if state else None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made ({error.strerror}). Set ANNDL_DATA to another folder.") from error


def _engine(url: sa.URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin below: the driver's own begin too late for a schema
        connection.execute("PRAGMA journal_mode = WAL")  # readers never wait for writers
        connection.execute("PRAGMA synchronous = FULL")  # a committed answer outlives a power cut, too

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _revision(connection: Connection) -> str | None:
    """The database's revision, read without importing Alembic: the usual start needs no migration."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine, name: str) -> None:
    """All missing steps in one transaction, one process at a time."""
    from alembic import command  # a third of a second that only a first start or an update costs
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                f"{name} was made by a newer version of anndl ({error}). Update anndl, or set ANNDL_DATA anew."
            ) from error
