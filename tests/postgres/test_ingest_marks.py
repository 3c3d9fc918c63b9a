"""``seeknal ingest --incremental``: what lies around the mark arrives exactly once."""

import os
import random
import sqlite3
import subprocess
import sys
import time

import psycopg
import pytest
from tests.postgres.killed import killed
from tests.postgres.server import start_standby

from seeknal.testing.project import TestProject

pytestmark = pytest.mark.inside


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch):
    """Open transactions of these tests do not end by being waited for."""
    monkeypatch.setattr("seeknal_postgres.settling.PATIENCE", 0.03)


@pytest.fixture
def place(tmp_path, database):
    made = TestProject(tmp_path)
    made.write({"profiles.yml": database.profile})
    database.run("CREATE TABLE events (id bigint, at timestamptz, note text)")
    return made


WORDS = (
    *("ingest", "--connection", "pg", "--table", "events", "--name", "events"),
    *("--into", "pg:dw_events", "--lake", "lake", "--incremental", "at"),
)


@pytest.fixture
def load(place):
    def run(*words):
        return place.run(*WORDS, *words).assert_ok()

    return run


def add(database, *rows):
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO events VALUES (%s, %s, %s)", rows)


def arrived(database):
    return sorted(database.rows("SELECT id, at::text, note FROM dw_events"), key=repr)


def there(database):
    return sorted(database.rows("SELECT id, at::text, note FROM events"), key=repr)


NOON = "2026-01-01 12:00:00+00"


def test_only_new_rows_are_asked_for_and_loaded(load, database):
    add(database, (1, "2026-01-01", "a"), (2, "2026-01-02", "b"))
    load()
    add(database, (3, "2026-01-03", "c"))
    mark = database.log_mark()

    outcome = load()

    assert "1 row" in outcome.stderr
    assert arrived(database) == there(database)
    assert "2026-01-02" in database.logged(mark)


def test_rows_of_the_same_moment_as_the_mark_are_neither_lost_nor_doubled(load, database):
    add(database, (1, NOON, "a"), (2, NOON, "b"))
    load()
    add(database, (3, NOON, "c"), (2, NOON, "b"))

    load()
    load()

    assert arrived(database) == there(database)
    assert len(arrived(database)) == 4


def test_rows_without_a_moment_arrive_once(load, database):
    add(database, (1, None, "a"), (2, NOON, "b"))
    load()
    add(database, (3, None, "c"), (1, None, "a"))

    load()
    load()

    assert arrived(database) == there(database)


def test_rows_at_infinity_do_not_end_what_is_loaded(load, database):
    add(database, (1, "infinity", "a"), (2, "-infinity", "b"), (3, NOON, "c"))
    load()
    add(database, (4, "2026-02-01", "d"), (5, "-infinity", "e"))

    load()

    assert arrived(database) == there(database)


def test_a_moment_in_the_future_does_not_end_what_is_loaded(load, database):
    add(database, (1, "3000-01-01", "ahead"))
    load()
    add(database, (2, "2999-01-01", "ahead too"))
    database.run("INSERT INTO events VALUES (3, now(), 'now')")

    load()
    load()

    assert arrived(database) == there(database)


FILES = {
    "csv": ("--path", "events.csv", "--source", "csv"),
    "sqlite": ("--path", "events.db", "--table", "events"),
}


@pytest.mark.parametrize("kind", FILES)
def test_of_files_too_only_new_rows_arrive_and_those_at_the_mark_once(place, database, kind):
    def write(rows):
        place.write({"events.csv": "id,at\n" + "".join(f"{n},{at}\n" for n, at in rows)})
        with sqlite3.connect(place.path / "events.db") as made:
            made.execute("DROP TABLE IF EXISTS events")
            made.execute("CREATE TABLE events (id INTEGER, at TEXT)")
            made.executemany("INSERT INTO events VALUES (?, ?)", rows)

    words = ("ingest", *FILES[kind], "--name", "e", "--incremental", "at", "--into", "pg:dw_files")
    write([(1, "2026-01-01 10:00:00"), (2, "2026-01-01 11:00:00")])
    place.run(*words).assert_ok()
    write([(2, "2026-01-01 11:00:00"), (3, "2026-01-01 11:00:00"), (4, "2026-01-01 12:00:00")])

    again = place.run(*words).assert_ok()
    place.run(*words).assert_ok()

    assert "loaded 2 rows" in again.stderr
    assert database.rows("SELECT id FROM dw_files ORDER BY 1") == [(1,), (2,), (3,), (4,)]


def test_late_rows_within_the_lag_arrive_once(load, database):
    add(database, (1, "2026-01-01 10:00Z", "a"), (2, "2026-01-01 12:00Z", "b"))
    load("--lag", "3h")
    add(database, (3, "2026-01-01 09:30Z", "late"), (4, "2026-01-01 13:00Z", "d"))

    load("--lag", "3h")
    load("--lag", "3h")

    assert arrived(database) == there(database)


def test_a_longer_lag_doubles_nothing(load, database):
    add(database, (1, "2026-01-01", "a"), (2, "2026-01-05", "b"))
    load()

    load("--lag", "30 days")
    load("--lag", "30 days")

    assert arrived(database) == there(database)


def test_a_row_of_a_transaction_that_was_open_is_not_passed(load, database):
    with database.connect(autocommit=False) as long:
        long.execute("INSERT INTO events VALUES (1, '2026-01-01 10:00Z', 'long')")
        add(database, (2, "2026-01-01 11:00Z", "quick"))
        load()
        add(database, (3, "2026-01-01 12:00Z", "quick"))
        load()
        long.commit()
    load()
    load()

    assert arrived(database) == there(database)
    assert len(arrived(database)) == 3


def test_a_role_without_rights_sees_open_transactions_too(place, load, database):
    role = f"reader_{database.name}"
    database.run(
        f"CREATE ROLE {role} LOGIN PASSWORD 'reads-only-9';"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    )
    try:
        name = database.parameters["user"]
        profile = database.profile.replace(f"user: {name}", f"user: {role}")
        profile = profile.replace(database.parameters["password"], "reads-only-9")
        more = profile.partition("\n")[2].replace("pg:", "reader:")
        place.write({"profiles.yml": database.profile + more})
        words = ("--connection", "reader")
        with database.connect(autocommit=False) as long:
            long.execute("INSERT INTO events VALUES (1, '2026-01-01 10:00Z', 'long')")
            add(database, (2, "2026-01-01 11:00Z", "quick"))
            load(*words)
            outcome = load(*words)
            long.commit()
        load(*words)

        assert arrived(database) == there(database)
        assert "the mark stays" in outcome.stderr
    finally:
        database.run(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_transaction_that_has_only_begun_is_not_passed(load, database):
    with database.connect(autocommit=False) as long:
        long.execute("SELECT now()")
        add(database, (2, "3000-01-01", "ahead"))
        load()
        long.execute("INSERT INTO events VALUES (1, now(), 'long')")
        long.commit()
    load()

    assert arrived(database) == there(database)


def test_a_row_of_a_prepared_transaction_is_not_passed(load, database):
    with database.connect(autocommit=False) as long:
        long.execute("INSERT INTO events VALUES (1, '2026-01-01 10:00Z', 'long')")
        long.execute("PREPARE TRANSACTION 'early'")
    add(database, (2, "2026-01-01 11:00Z", "quick"))
    outcome = load()
    load()
    database.run("COMMIT PREPARED 'early'")

    load()
    load()

    assert "prepared transactions" in outcome.stderr
    assert arrived(database) == there(database)
    assert len(arrived(database)) == 2


def test_a_transaction_that_is_prepared_after_a_load_is_not_passed(load, database):
    with database.connect(autocommit=False) as long:
        long.execute("INSERT INTO events VALUES (1, '2026-01-01 10:00Z', 'long')")
        add(database, (2, "2026-01-01 11:00Z", "quick"))
        load()
        long.execute("PREPARE TRANSACTION 'between'")
    load()
    database.run("COMMIT PREPARED 'between'")

    load()

    assert arrived(database) == there(database)


def test_a_transaction_that_is_prepared_during_a_load_is_not_passed(load, database, monkeypatch):
    from seeknal_postgres import settling

    real = settling._open
    long = database.connect(autocommit=False)
    long.execute("INSERT INTO events VALUES (1, '2026-01-01 10:00Z', 'long')")
    add(database, (2, "2026-01-01 11:00Z", "quick"))

    def preparing(server):
        found = real(server)
        if not long.closed:
            long.execute("PREPARE TRANSACTION 'during'")
            long.close()
        return found

    monkeypatch.setattr(settling, "_open", preparing)
    load()
    monkeypatch.undo()
    database.run("COMMIT PREPARED 'during'")

    load()

    assert arrived(database) == there(database)


@pytest.fixture(scope="module")
def follower(server, tmp_path_factory):
    """A server that only follows the first one."""
    made = start_standby(server, tmp_path_factory.mktemp("standby") / "server")
    yield made
    made.stop()


@pytest.fixture
def standby(follower, server, database, place):
    """``far`` is the database at the other server."""
    there, here = (f"port: {each.parameters()['port']}" for each in (follower, server))
    far = database.profile.partition("\n")[2].replace("pg:", "far:").replace(here, there)
    place.write({"profiles.yml": database.profile + far})
    return follower


def followed(standby, database):
    """Wait until the standby has what the database holds now."""
    lsn = database.value("SELECT pg_current_wal_insert_lsn()")
    caught_up = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
    with psycopg.connect(**standby.parameters(), autocommit=True) as far:
        while far.execute(caught_up, [lsn]).fetchone() != (True,):
            time.sleep(0.01)


def test_from_a_standby_new_rows_are_read_with_a_lag_alone(place, load, standby, database):
    add(database, (1, "2026-01-01 10:00Z", "a"), (2, "2026-01-01 12:00Z", "b"))
    followed(standby, database)

    refused = place.run(*WORDS, "--connection", "far")
    load("--connection", "far", "--lag", "3h")
    add(database, (3, "2026-01-01 09:30Z", "late"), (4, "2026-01-01 13:00Z", "d"))
    followed(standby, database)
    load("--connection", "far", "--lag", "3h")
    load("--connection", "far", "--lag", "3h")

    assert refused.exit_code == 1
    assert "'far' is a standby" in refused.stderr
    assert "--lag" in refused.stderr
    assert arrived(database) == there(database)


@pytest.mark.parametrize("transport", ["auto", "adbc"])
def test_all_rows_are_read_from_a_standby(place, standby, database, transport):
    add(database, (1, "2026-01-01 10:00Z", "a"), (2, None, "b"))
    followed(standby, database)

    words = (*WORDS[:-2], "--connection", "far", "--param", f"transport={transport}")
    place.run(*words).assert_ok()

    assert arrived(database) == there(database)


def test_a_new_column_does_not_double_the_rows_at_the_mark(load, database):
    add(database, (1, NOON, "a"), (2, NOON, "b"))
    load()
    database.run("ALTER TABLE events ADD COLUMN town text")
    add(database, (3, NOON, "c"))

    load()

    assert arrived(database) == there(database)


def test_the_mark_moves_only_after_the_commit(load, place, database):
    add(database, (1, "2026-01-01", "a"))
    load()
    add(database, (2, "2026-01-02", "b"))
    database.run("ALTER TABLE dw_events ADD CONSTRAINT few CHECK (id < 2)")
    assert place.run(*WORDS).exit_code == 1
    database.run("ALTER TABLE dw_events DROP CONSTRAINT few")

    load()

    assert arrived(database) == there(database)


def test_what_failed_and_is_loaded_from_the_lake_is_not_fetched_again(load, place, database):
    add(database, (1, "2026-01-01", "a"))
    load()
    add(database, (2, "2026-01-02", "b"))
    database.run("ALTER TABLE dw_events ADD CONSTRAINT few CHECK (id < 2)")
    place.run(*WORDS)
    database.run("ALTER TABLE dw_events DROP CONSTRAINT few")
    landed = max(place.path.glob("lake/postgresql/**/*.parquet"))
    place.run("ingest", "--from-lake", landed, "--into", "pg:dw_events").assert_ok()
    add(database, (3, "2026-01-03", "c"))

    load()

    assert arrived(database) == there(database)
    assert len(list(place.path.glob("lake/postgresql/**/*.parquet"))) == 3


def test_a_load_of_all_rows_ends_the_mark(load, place, database):
    add(database, (1, "2026-01-01", "a"))
    load()
    add(database, (2, "2026-01-02", "b"))
    place.run(*WORDS[:-2], "--mode", "full").assert_ok()

    outcome = place.run(*WORDS)

    assert outcome.exit_code == 1
    assert "there is no mark" in outcome.stderr
    assert arrived(database) == there(database)


def test_a_load_of_all_rows_behind_a_mark_says_that_it_adds_them_again(load, place, database):
    add(database, (1, NOON, "a"))
    load()

    all_rows = place.run(*WORDS[:-2]).assert_ok()
    again = place.run(*WORDS[:-2]).assert_ok()

    assert "--incremental at goes on with new ones" in all_rows.stderr
    assert "--incremental" not in again.stderr


def test_an_upsert_brings_changed_rows_by_their_keys(load, database):
    add(database, (1, "2026-01-01", "a"), (2, "2026-01-02", "b"))
    load("--mode", "upsert", "--keys", "id")
    database.run("UPDATE events SET note = 'changed', at = '2026-01-03' WHERE id = 1")
    add(database, (3, "2026-01-02", "c"))

    load("--mode", "upsert", "--keys", "id")

    assert arrived(database) == there(database)


def test_a_connection_that_is_lost_while_it_commits_doubles_nothing(load, database, monkeypatch):
    import psycopg

    from seeknal_postgres import loadlog

    real, lost = loadlog.record, []

    def losing(server, schema, load, rows, error=None):
        real(server, schema, load, rows, error)
        if not lost and error is None:
            lost.append(True)
            server.execute("COMMIT")
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    add(database, (1, "2026-01-01", "a"))
    monkeypatch.setattr(loadlog, "record", losing)

    outcome = load()
    load()

    assert "the connection was lost after it was committed" in outcome.stderr
    assert arrived(database) == there(database)
    assert database.value("SELECT count(*) FROM etl_audit_log WHERE status = 'failure'") == 0


def test_a_mark_is_of_one_table_and_column(load, place, database):
    add(database, (1, "2026-01-01", "a"))
    load()

    elsewhere = place.run(*WORDS[:-3], "lake", "--incremental", "at", "--into", "pg:other")
    by_id = place.run(*WORDS[:-1], "id")

    assert elsewhere.exit_code == 1
    assert "dw_events" in elsewhere.stderr
    assert by_id.exit_code == 1
    assert "'at'" in by_id.stderr
    assert database.value("SELECT to_regclass('other')") is None


def test_a_lost_state_is_not_taken_for_a_first_load(load, place, database):
    import shutil

    add(database, (1, "2026-01-01", "a"))
    load()
    shutil.rmtree(place.path / "lake" / ".seeknal")

    outcome = place.run(*WORDS)

    assert outcome.exit_code == 1
    assert "--force" in outcome.stderr
    assert arrived(database) == there(database)


def test_an_empty_fetch_leaves_the_mark(load, database):
    add(database, (1, "2026-01-01", "a"))
    load()

    load()
    add(database, (2, "2026-01-02", "b"))
    load()

    assert arrived(database) == there(database)


def seen_files(place):
    return list(place.path.glob("lake/.seeknal/loads/*/*/seen-*"))


def test_loads_of_nothing_new_leave_no_files(load, place, database):
    add(database, (1, "2026-01-01", "a"))
    load()

    load()
    load()

    assert len(seen_files(place)) == 1


def test_loads_of_a_table_without_rows_leave_no_files(load, place):
    load()

    load()

    assert seen_files(place) == []


def test_a_mark_that_is_settled_by_a_load_of_nothing_new_is_kept(load, database):
    with database.connect(autocommit=False) as long:
        long.execute("SELECT now()")
        add(database, (1, "2026-01-01", "a"), (2, "2026-01-02", "b"))
        load()
    load()
    mark = database.log_mark()

    load()

    assert "2026-01-02" in database.logged(mark)
    assert arrived(database) == there(database)


def test_a_row_that_is_gone_for_a_while_is_not_doubled(place, database):
    types = ("--column-type", "id=BIGINT", "--column-type", "at=TIMESTAMP")
    words = ("ingest", "--path", "events.csv", *types, "--name", "e", "--incremental", "at")
    words = (*words, "--into", "pg:dw_files")
    whole = "id,at\n1,2026-01-01 10:00:00\n2,2026-01-01 11:00:00\n"
    place.write({"events.csv": whole})
    place.run(*words).assert_ok()
    place.write({"events.csv": "id,at\n"})
    place.run(*words).assert_ok()
    place.write({"events.csv": whole})

    place.run(*words).assert_ok()

    assert database.rows("SELECT id FROM dw_files ORDER BY 1") == [(1,), (2,)]


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]
)
def test_any_history_of_writers_and_loads_ends_with_every_row_once(load, database, seed):
    chance = random.Random(seed)
    open_ones = []
    for number in range(50):
        act = chance.random()
        moment = f"2026-01-01 12:{chance.randrange(4):02}:00Z" if chance.random() > 0.1 else None
        if act < 0.15:
            writer = database.connect(autocommit=False)
            writer.execute("INSERT INTO events VALUES (%s, %s, 'open')", (number, moment))
            open_ones.append(writer)
        elif act < 0.3 and open_ones:
            ended = open_ones.pop(chance.randrange(len(open_ones)))
            ended.commit()
            ended.close()
        elif act < 0.55:
            load("--lag", "10 minutes")
        else:
            add(database, (number, moment, "plain"))
    for writer in open_ones:
        writer.commit()
        writer.close()
    load("--lag", "10 minutes")

    assert arrived(database) == there(database)


def test_writers_beside_it_lose_and_double_nothing(load, place, database):
    script = (
        "import psycopg, sys, time, random\n"
        "c = psycopg.connect(**eval(sys.argv[1]))\n"
        "chance = random.Random(int(sys.argv[2]))\n"
        "for n in range(40):\n"
        "    c.execute('INSERT INTO events VALUES (%s, clock_timestamp(), %s)',"
        " (n, sys.argv[2]))\n"
        "    time.sleep(chance.random() / 10)\n"
        "    c.execute('INSERT INTO events VALUES (%s, now(), %s)', (n, sys.argv[2] + ' start'))\n"
        "    c.commit()\n"
    )
    words = [sys.executable, "-c", script, repr(database.parameters)]
    writers = [subprocess.Popen([*words, str(number)]) for number in range(3)]
    while any(writer.poll() is None for writer in writers):
        load()
    load()
    load()

    assert arrived(database) == there(database)
    assert len(arrived(database)) == 240


def _was_killed_at(place, seconds, words):
    """Whether it was: one that has ended before is none that is repeated."""
    command = [sys.executable, "-m", "seeknal", *words]
    process = subprocess.Popen(
        command, cwd=place.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    process.kill()
    return process.wait() != 0


@pytest.mark.slow
@pytest.mark.parametrize("mode", [("--incremental", "at"), ()])
def test_killed_at_any_moment_and_run_again_it_has_loaded_everything_once(place, database, mode):
    rows = "SELECT n, timestamptz '2026-01-01' + n * interval '1 second', 'x' FROM"
    words = [*WORDS[:-2], *mode]
    chance = random.Random(1)
    database.run(f"INSERT INTO events {rows} generate_series(1, 20000) AS s(n)")
    started = time.monotonic()
    place.run(*words).assert_ok()
    whole = max(1.5, 3 * (time.monotonic() - started))
    for number in range(int(os.environ.get("SEEKNAL_TEST_KILLS", "5"))):
        name, table = f"events{number}", f"dw_killed{number}"
        again = [*words, "--name", name, "--into", f"pg:{table}"]

        if _was_killed_at(place, chance.random() * whole, again):
            place.run(*again).assert_ok()

        assert database.value(f"SELECT count(*) FROM {table}") == 20000
        assert database.value(f"SELECT count(DISTINCT id) FROM {table}") == 20000


INCREMENTAL = ("--incremental", "at")


@pytest.mark.parametrize(
    ("moment", "mode"),
    [
        ("landed", INCREMENTAL),
        ("loaded", INCREMENTAL),
        ("loaded", ()),
        pytest.param("planned", INCREMENTAL, marks=pytest.mark.slow),
        pytest.param("landed", (), marks=pytest.mark.slow),
    ],
)
def test_killed_between_lake_and_warehouse_it_loads_everything_once(place, database, moment, mode):
    add(database, *((number, f"2026-01-{number:02}", "x") for number in range(1, 10)))
    words = [*WORDS[:-2], *mode]
    killed(place, moment, words)

    place.run(*words).assert_ok()

    assert arrived(database) == there(database)
    assert len(list(place.path.glob("lake/*/**/*.parquet"))) == 1


def twice(place, database, table, *words):
    """Loads a table two times by ``u``; gives its rows in the warehouse as text."""
    words = ("ingest", "--connection", "pg", "--table", table, "--into", f"pg:dw_{table}", *words)
    for _ in range(2):
        place.run(*words, "--incremental", "u").assert_ok()
    names = "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
    listed = database.value(
        f"{names} WHERE attrelid = 'dw_{table}'::regclass AND attname !~ '^_' AND attnum > 0"
    )
    return database.rows(f"SELECT ROW({listed})::text FROM dw_{table} ORDER BY 1")


@pytest.mark.parametrize(
    ("type", "values"),
    [
        ("numeric", ["1.5", "7"]),
        ("numeric", ["0.001", "-100"]),
        ("numeric[]", ["'{1.5,2}'", "'{7,100}'"]),
        ("double precision", ["'0'", "'-0'"]),
        ("interval", ["'30 days'", "'1 mon'"]),
        ("timetz", ["'12:00+01'", "'11:00+00'"]),
        ("json", ["'{\"a\":  1}'", "'{\"a\": 1}'"]),
        ("char(5)", ["'a'", "'a '"]),
        ("bit varying(5)", ["B'01'", "B'010'"]),
    ],
)
def test_equal_rows_at_the_mark_come_once_however_their_batch_writes_them(
    place, database, type, values
):
    first, second = values
    database.run(
        f"CREATE TABLE n (u int, v {type}); INSERT INTO n VALUES (1, {first}), (2, {second})"
    )

    twice(place, database, "n")

    assert database.rows("SELECT u FROM dw_n ORDER BY 1") == [(1,), (2,)]


def test_a_mark_of_plain_numbers_is_not_rounded_by_a_batch_of_whole_ones(place, database):
    database.run("CREATE TABLE n (u numeric); INSERT INTO n VALUES (1), (7.5)")
    twice(place, database, "n")
    database.run("DELETE FROM n WHERE u = 7.5; INSERT INTO n VALUES (9)")
    twice(place, database, "n")
    database.run("INSERT INTO n VALUES (9.2), (9.7)")

    twice(place, database, "n", "--lag", "1")

    assert database.rows("SELECT u::float8 FROM dw_n ORDER BY 1") == [
        *((number,) for number in (1.0, 7.5, 9.0, 9.2, 9.7)),
    ]


@pytest.mark.parametrize(
    ("type", "wider"),
    [
        ("numeric(10,2)", "numeric(12,4)"),
        ("integer", "numeric(12,4)"),
        ("smallint", "bigint"),
        ("date", "timestamp"),
        ("char(10)", "text"),
    ],
)
def test_a_column_that_gets_a_wider_type_doubles_no_row_at_the_mark(place, database, type, wider):
    value = "'2026-01-01'" if type in ("date", "timestamp") else "'7'"
    database.run(f"CREATE TABLE n (u int, v {type}); INSERT INTO n VALUES (1, {value})")
    database.run(f"CREATE TABLE dw_n (u int, v {wider})")
    twice(place, database, "n")
    database.run(f"ALTER TABLE n ALTER COLUMN v TYPE {wider}")

    rows = twice(place, database, "n")

    assert len(rows) == 1


@pytest.mark.parametrize("loads_between", [0, 1, 2])
def test_a_value_in_a_new_column_of_a_row_at_the_mark_comes_by_an_upsert(
    place, database, loads_between
):
    upsert = ("--mode", "upsert", "--keys", "id")
    database.run("CREATE TABLE n (id int, u int); INSERT INTO n VALUES (1, 1), (2, 1)")
    twice(place, database, "n", *upsert)
    database.run("ALTER TABLE n ADD w int")
    for _ in range(loads_between):
        twice(place, database, "n", *upsert)
    database.run("UPDATE n SET w = 99 WHERE id = 1")
    twice(place, database, "n", *upsert)
    database.run("UPDATE n SET w = 100 WHERE id = 2")

    rows = twice(place, database, "n", *upsert)

    assert rows == [("(1,1,99)",), ("(2,1,100)",)]


def test_a_new_column_with_a_default_doubles_no_row_at_the_mark(place, database):
    database.run("CREATE TABLE n (id int, u int); INSERT INTO n VALUES (1, 1)")
    twice(place, database, "n")
    database.run("ALTER TABLE n ADD w int DEFAULT 5")

    rows = twice(place, database, "n")

    assert len(rows) == 1


@pytest.mark.parametrize(
    ("type", "value", "new"),
    [
        ("numeric", "7.50", "1e60"),
        ("numeric", "1e60", "7.50"),
        ("numeric", "7", "'NaN'"),
        ("numeric[]", "'{7,1.5,NULL}'", "ARRAY[1e60]"),
        ("numeric(10,2)", "7", "'NaN'"),
        ("interval", "'1 day'", "'infinity'"),
        ("integer[]", "'{1,2,NULL}'", "'[0:1]={1,2}'"),
    ],
)
def test_a_column_that_becomes_text_in_the_lake_doubles_no_row_at_the_mark(
    place, database, type, value, new
):
    database.run(f"CREATE TABLE n (u int, v {type}); INSERT INTO n VALUES (1, {value})")
    twice(place, database, "n")
    database.run(f"INSERT INTO n VALUES (2, {new})")
    twice(place, database, "n")
    database.run(f"INSERT INTO n VALUES (2, {value})")

    twice(place, database, "n", "--lag", "1")

    pair = ("SELECT u, v FROM n", "SELECT u, v FROM dw_n")
    assert database.rows(" EXCEPT ALL ".join(pair)) == []
    assert database.rows(" EXCEPT ALL ".join(reversed(pair))) == []


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("integer[]", "'{1,2,NULL}'"),
        ("text[]", "ARRAY['a b', 'c,d', 'e\"f']"),
        ("boolean[]", "'{t,f}'"),
        ("timestamptz[]", "'{2026-01-01}'"),
        ("interval", "'1 mon -3 days 04:05:06'"),
        ("double precision", "1"),
        ("boolean", "true"),
        ("timestamptz", "'2026-01-01'"),
    ],
)
def test_a_type_that_is_declared_later_doubles_no_row_at_the_mark(place, database, type, value):
    database.run(
        f"CREATE TABLE n (u int, v {type}); INSERT INTO n VALUES (1, {value});"
        "CREATE TABLE dw_n (u int)"
    )
    freeze = ("--schema-change", "freeze")
    twice(place, database, "n", *freeze)

    rows = twice(place, database, "n", *freeze, "--column-type", "v=VARCHAR")

    assert len(rows) == 1


def test_a_record_at_the_mark_comes_once_though_others_have_more_fields(place, database):
    words = ("ingest", "--path", "n.json", "--name", "n", "--incremental", "u")
    words = (*words, "--into", "pg:dw_n")
    both = '{"id":2,"u":5,"n":{"a":1,"b":2}}\n{"id":3,"u":5,"n":{"a":1}}\n'
    place.write({"n.json": both})
    place.run(*words).assert_ok()
    place.write({"n.json": '{"id":3,"u":5,"n":{"a":1}}\n'})

    place.run(*words).assert_ok()

    assert database.rows("SELECT id FROM dw_n ORDER BY 1") == [(2,), (3,)]
