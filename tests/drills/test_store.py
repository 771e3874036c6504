"""The store on real SQLite files and, where marked, a real PostgreSQL server."""

import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from drills.store import Store, StoreError, database_url, open_database
from drills.store.events import everybody
from drills.store.tables import HEAD, events, metadata

ROOT = Path(__file__).parents[2]


def start_postgresql(folder: Path) -> tuple[str, subprocess.Popen, object]:
    """A server of its own, listening on a socket in `folder` only. initdb refuses root: another uid runs it then."""
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    if os.getuid() == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)
    identity = {"user": user.pw_uid, "group": user.pw_gid} if os.getuid() == 0 else {}
    data = folder / "data"
    subprocess.run([binaries / "initdb", "-D", data, "-U", "anndl", "-A", "trust", "-E", "UTF8", "--no-sync"],
                   check=True, capture_output=True, cwd=folder, **identity)  # fmt: skip
    server = subprocess.Popen([binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **identity)  # fmt: skip
    url = f"postgresql://anndl@/postgres?host={folder}"
    engine = sa.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    for _ in range(100):
        try:
            engine.connect().close()
            break
        except sa.exc.OperationalError:
            time.sleep(0.1)
    return url, server, engine


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    folder = Path(
        subprocess.check_output(["mktemp", "-d", "/tmp/pg-XXXXXX"], text=True).strip()
    )  # short: a socket's path
    url, server, engine = start_postgresql(folder)
    yield url, engine
    engine.dispose()
    server.send_signal(signal.SIGINT)
    server.wait(20)
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    """A fresh database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'drills.db'}"
    base, engine = request.getfixturevalue("postgresql")
    name = "t" + os.urandom(6).hex()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return base.replace("/postgres?", f"/{name}?")


@pytest.fixture
def database(url):
    opened = open_database(url)
    yield opened
    opened.close()


def test_rows_come_back_as_they_were_written(database):
    store = Store(database, "ada@example.org")
    body = {"item": "lstm", "answer": ["a $x$", {"é": None}], "points": 0.5}
    written = store.append("answer", body)
    assert store.events() == [written]
    assert written.body == body
    assert abs(written.at - datetime.now(UTC)) < timedelta(seconds=10)


def test_a_row_is_committed_before_append_returns(database, url):
    Store(database, "ada").append("answer", {"n": 1})
    other = open_database(url)
    assert [event.body for event in Store(other, "ada").events("answer")] == [{"n": 1}]
    other.close()


def test_the_same_key_is_written_once_and_only_for_its_learner(database):
    first = Store(database, "ada").append("answer", {"n": 1}, key="click")
    again = Store(database, "ada").append("answer", {"n": 2}, key="click")
    other = Store(database, "bob").append("answer", {"n": 3}, key="click")
    assert again == first
    assert other.body == {"n": 3}


def test_a_learner_sees_nothing_of_another(database):
    ada, bob = Store(database, "ada"), Store(database, "bob")
    ada.append("answer", {"secret": 1})
    Store.of_course(database).append("void", {"item": "x"})
    assert bob.events() == []
    assert bob.extend((row.kind, row.body, row.key, row.at) for row in ada.events()) == 1
    assert bob.extend((row.kind, row.body, row.key, row.at) for row in ada.events()) == 0, "nothing twice"
    bob.append("answer", {"n": 2})
    assert [event.body for event in ada.events()] == [{"secret": 1}]
    assert {event.learner for event in everybody(database, "answer", "void")} == {"ada", "bob"}


@pytest.mark.parametrize("name", ["", "@course", "@", " ada", "x" * 201])
def test_reserved_and_empty_names_are_refused(database, name):
    with pytest.raises(ValueError, match="cannot be a learner's name"):
        Store(database, name)


def test_kinds_are_filtered_and_order_is_by_time(database):
    store = Store(database, "ada")
    early = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    store.append("answer", {"n": 2})
    store.append("answer", {"n": 1}, at=early)
    store.append("setting", {"n": 3})
    assert [event.body["n"] for event in store.events("answer")] == [1, 2]
    assert store.events("answer")[0].at == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert len(store.events()) == 3
    last = max(event.seq for event in store.events())
    store.append("answer", {"n": 4})
    assert [event.body["n"] for event in store.events(after=last)] == [4]


def test_a_row_from_a_wrong_clock_counts_as_of_now(database):
    store = Store(database, "ada")
    store.append("answer", {"n": 1}, at=datetime.now(UTC) + timedelta(days=3000))
    assert store.events()[0].at <= datetime.now(UTC)


def test_a_time_without_zone_is_refused(database):
    with pytest.raises(ValueError, match="zone"):
        Store(database, "ada").append("answer", {}, at=datetime(2026, 1, 1))


def test_many_threads_lose_nothing(database):
    def work(number: int) -> None:
        store = Store(database, f"learner {number % 4}")
        for turn in range(25):
            store.append("answer", {"turn": turn}, key=f"{number}-{turn}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(everybody(database, "answer")) == 500


def make_old_database(url: str) -> None:
    """What the first released version wrote: revision 0001, three rows, two of them equal."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    big = "INTEGER PRIMARY KEY AUTOINCREMENT" if url.startswith("sqlite") else "BIGSERIAL PRIMARY KEY"
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE events (seq {big}, learner VARCHAR(200) NOT NULL, kind VARCHAR(40) NOT NULL, "
            "at VARCHAR(32) NOT NULL, body JSON NOT NULL)"
        )
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
        for number in (1, 1, 2):
            connection.exec_driver_sql(
                "INSERT INTO events (learner, kind, at, body) VALUES "
                f"('ada', 'answer', '2026-01-0{number}T10:00:00.000000+00:00', '{{\"n\": {number}}}')"
            )
    engine.dispose()


def test_an_old_database_keeps_everything(url):
    make_old_database(url)
    database = open_database(url)
    store = Store(database, "ada")
    assert [event.body["n"] for event in store.events()] == [1, 1, 2]
    assert len({event.key for event in store.events()}) == 3
    store.append("answer", {"n": 3})
    assert len(store.events()) == 4
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == HEAD
    database.close()


def test_a_fresh_database_has_the_tables_that_the_code_expects(database):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_newer_database_is_left_alone_and_named(url):
    database = open_database(url)
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="newer version"):
        open_database(url)


def test_several_processes_may_open_a_new_database_at_once(url):
    code = "import sys; from drills.store import *; Store(open_database(sys.argv[1]), 'ada').append('answer', {})"
    running = [subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)]
    errors = [process.communicate()[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * 4, "\n".join(errors)
    database = open_database(url)
    assert len(Store(database, "ada").events()) == 4
    database.close()


def test_a_damaged_file_is_named_and_not_touched(tmp_path):
    file = tmp_path / "drills.db"
    file.write_bytes(b"this was once a database, then the disk failed" * 100)
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"is damaged.*restore"):
        open_database(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_damage_in_the_middle_is_named(tmp_path):
    file = tmp_path / "drills.db"
    database = open_database(f"sqlite:///{file}")
    store = Store(database, "ada")
    for number in range(400):
        store.append("answer", {"n": number, "text": "x" * 200})
    database.close()
    data = bytearray(file.read_bytes())
    for start in range(4096, len(data) - 4096, 4096):
        data[start : start + 4000] = os.urandom(4000)
    file.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        Store(open_database(f"sqlite:///{file}"), "ada").events()


def test_a_full_disk_is_told_and_earlier_answers_stay(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'drills.db'}")
    store = Store(database, "ada")
    store.append("answer", {"n": 1})

    @sa.event.listens_for(database.engine, "begin")
    def small_disk(connection):
        connection.exec_driver_sql("PRAGMA max_page_count = 8")

    with pytest.raises(StoreError, match=r"disk.*is full"):  # noqa: PT012 - which write fails depends on the pages
        for _ in range(100):
            store.append("answer", {"text": "x" * 2000})
    sa.event.remove(database.engine, "begin", small_disk)
    assert store.events()[0].body == {"n": 1}


def test_a_locked_database_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("drills.store.database.BUSY_SECONDS", 0.1)
    database = open_database(f"sqlite:///{tmp_path / 'drills.db'}")
    other = sqlite3.connect(tmp_path / "drills.db")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        Store(database, "ada").append("answer", {})
    other.rollback()
    Store(database, "ada").append("answer", {})


@pytest.mark.parametrize("harm", ["deleted", "replaced", "log deleted", "folder gone"])
def test_a_database_that_goes_while_the_server_runs_is_noticed(tmp_path, harm):
    """Whatever is said to be saved is there when the server starts again."""
    folder = tmp_path / "data"
    url = f"sqlite:///{folder / 'drills.db'}"
    database = open_database(url)
    store = Store(database, "ada")
    store.append("answer", {"n": 1})
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    other.close()
    if harm == "deleted":
        for file in folder.iterdir():
            file.unlink()
    elif harm == "replaced":
        (tmp_path / "other.db").replace(folder / "drills.db")
    elif harm == "log deleted":
        (folder / "drills.db-wal").unlink()
    else:
        folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=r"Not saved: .*drills\.db was deleted or replaced.*start\s+the server again"):
        store.append("answer", {"n": 2})
    if harm != "log deleted":
        with pytest.raises(StoreError, match="deleted or replaced"):
            store.events()
    if harm == "folder gone":
        (tmp_path / "elsewhere").rename(folder)
        store.append("answer", {"n": 3})
        assert [event.body["n"] for event in store.events()] == [1, 3], "put back, it is as before"


def test_a_database_that_goes_while_a_row_is_written_is_noticed(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'drills.db'}")
    with pytest.raises(StoreError, match="Not saved"), database.writing() as connection:  # noqa: PT012
        connection.execute(sa.text("DELETE FROM events"))
        (tmp_path / "drills.db").unlink()


@pytest.mark.parametrize(
    ("url", "said"),
    [("nonsense", "no database URL"), ("mysql://a/b", "not supported"),
     ("sqlite:////proc/no/drills.db", "another folder"), ("postgresql://nobody@127.0.0.1:1/none", "does not work")],
)  # fmt: skip
def test_a_bad_url_is_told(url, said):
    with pytest.raises(StoreError, match=said):
        open_database(url)


def test_the_url_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("ANNDL_DATABASE_URL", raising=False)
    monkeypatch.setenv("ANNDL_DATA", str(tmp_path / "data"))
    assert database_url() == f"sqlite:///{tmp_path}/data/drills.db"
    open_database().close()
    assert (tmp_path / "data" / "drills.db").is_file()
    monkeypatch.setenv("ANNDL_DATABASE_URL", "postgresql://db/x")
    assert database_url() == "postgresql://db/x"


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_kill_9_right_after_an_answer_loses_nothing(tmp_path, kills):
    """A process that says "saved" after each append is killed in the middle of its work, again and again."""
    url = f"sqlite:///{tmp_path / 'drills.db'}"
    code = (
        "import sys; from drills.store import *; s = Store(open_database(sys.argv[1]), 'ada'); n = len(s.events())\n"
        "while True:\n    s.append('answer', {'n': n}); print(n, flush=True); n += 1"
    )
    for turn in range(kills):
        process = subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        said = [int(process.stdout.readline()) for _ in range(1 + turn % 7)]
        process.kill()
        said += [int(line) for line in process.stdout.read().split()]
        process.wait()
        database = open_database(url)
        saved = [event.body["n"] for event in Store(database, "ada").events()]
        assert saved[: said[-1] + 1] == list(range(said[-1] + 1))
        database.close()


def test_the_table_is_only_appended_to():
    """No statement of the store changes or removes a row."""
    for module in (ROOT / "drills" / "store").glob("*.py"):
        text = module.read_text(encoding="utf-8")
        assert ".update(" not in text
        assert ".delete(" not in text
    assert set(events.c.keys()) == {"seq", "learner", "kind", "at", "body", "key"}
