"""The REPL on connections: which one is asked, what there is on it, and that no error ends it."""

import io
import signal
import sqlite3
import stat
import sys
import threading
import time

import pytest
from tests.core.cli.conftest import FILES
from tests.installed import install_plugin
from tests.terminal import CTRL_C, Terminal

from seeknal.cli.remembering import history, remembered
from seeknal.cli.remote import Remote
from seeknal.cli.results import Wanted
from seeknal.values.errors import ConnectionFailed
from seeknal.values.secret import Secret, separate_secrets

PLUGIN = '''
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen

from seeknal.plugin import ConnectionFailed, ConnectionType, Secret, hookimpl, option


@frozen(kw_only=True)
class Shelf:
    url: Secret = option(summary="shelves://USER:PASSWORD@localhost/FOLDER")


class Shelves:
    """Files of a folder are its databases; one that is called "gone" ends every connection."""

    def __init__(self, options):
        found = urlsplit(options.url.reveal())
        if found.password != "c4n4ry-S3cret":
            raise ConnectionFailed(f"the shelves refuse {found.password}")
        self.folder = Path(found.path)
        self.goes_to("books")

    def goes_to(self, name):
        file = self.folder / f"{name}.db"
        self.connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)

    def execute(self, sql):
        if (self.folder / "gone").exists():
            raise ConnectionFailed("the shelves are gone")
        if "crash" in sql:
            raise RuntimeError("crashed")
        if "RECURSIVE" in sql:
            (self.folder / "running").touch()
        found = self.connection.execute(sql)
        return [column[0] for column in found.description], found.fetchall()

    def tables(self):
        return [row[0] for row in self.execute("SELECT name FROM sqlite_schema")[1]]

    def schema(self, table):
        return self.connection.execute("SELECT name, type FROM pragma_table_info(?)", [table])

    def describe(self):
        return "shelves"

    def close(self):
        self.connection.close()


class Movable(Shelves):
    def databases(self):
        return sorted(file.stem for file in self.folder.glob("*.db"))

    def use(self, name):
        if name not in self.databases():
            raise KeyError(f"no shelf {name}")
        self.close()
        self.goes_to(name)

    def interrupt(self):
        self.connection.interrupt()


@hookimpl
def connection_types():
    return [
        ConnectionType(name="shelves", options=Shelf, summary="A folder", aliases=("shelf",)),
        ConnectionType(name="fixed", options=Still, summary="A folder"),
    ]


@frozen(kw_only=True)
class Still:
    url: Secret = option(summary="fixed://USER:PASSWORD@localhost/FOLDER")


@hookimpl
def open_session(connection, project_root):
    if isinstance(connection.options, Still):
        return Shelves(connection.options)
    return Movable(connection.options) if isinstance(connection.options, Shelf) else None
'''
ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS n FROM n"
)
SECRET = "c4n4ry-S3cret"


@pytest.fixture
def site(tmp_path_factory, monkeypatch):
    """A folder with the plugin, and with its databases."""
    site = tmp_path_factory.mktemp("site")
    install_plugin(site, "seeknal_shelves", PLUGIN)
    monkeypatch.syspath_prepend(site)
    for name, count in (("books", 2), ("films", 3)):
        with sqlite3.connect(site / f"{name}.db") as database:
            database.execute(f"CREATE TABLE {name} (id INTEGER)")
            database.executemany(f"INSERT INTO {name} VALUES (?)", [[n] for n in range(count)])
        database.close()
    return site


@pytest.fixture
def project(seeknal_project, site, monkeypatch):
    """A project with two connections to the shelves: one that can go elsewhere, and one not."""
    monkeypatch.setenv("SHELF_PASSWORD", SECRET)
    place = "//me:${SHELF_PASSWORD}@localhost" + str(site)
    profiles = (
        "connections:\n"
        f'  shelf: {{type: shelves, url: "shelves:{place}"}}\n'
        f'  still: {{type: fixed, url: "fixed:{place}"}}\n'
    )
    return seeknal_project({**FILES, "profiles.yml": profiles})


def script(project, monkeypatch, text, *options):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return project.run("repl", *options)


def test_another_connection_is_asked_after_connect(project, site, monkeypatch):
    text = (
        "SELECT count(*) AS outputs FROM big_orders;\n"
        ".connect still\n.tables\n"
        f".connect shelf://me:{SECRET}@localhost{site}\n.databases\n"
        ".use films\n.tables\nSELECT count(*) AS n FROM films;\n"
    )
    project.run("run").assert_ok()

    outcome = script(project, monkeypatch, text, "--format", "csv").assert_ok()

    assert outcome.stdout.split() == ["outputs", "2", "books", "books", "films", "films", "n", "3"]
    assert SECRET not in outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (".databases", "SK0269", "stored outputs are in no databases"),
        (".catalogs", "SK0269", "stored outputs are in no catalogs"),
        (".use films", "SK0269", "stored outputs are in no databases"),
        (".connect still\n.databases", "SK0269", "connection 'still' lists no databases"),
        (".connect still\n.use films", "SK0269", "connection 'still' goes to no database"),
        (".connect shelf\n.catalogs", "SK0269", "connection 'shelf' lists no catalogs"),
        (".connect shelf\n.use records", "SK0482", "no shelf records"),
        (".connect", "SK0267", "needs the name of a connection"),
        (".connect shelf\n.use", "SK0267", "needs the name of a database"),
        (".connect shlef", "SK0604", "did you mean shelf?"),
        (".connect shlvs://here", "SK1604", "no connection has URLs that begin with shlvs://"),
        (".connect shelves://me:c4n4ry-0ther@localhost/x", "SK0601", "the shelves refuse ***"),
        ('.connect shelves://me:c4n4ry " 0ther@localhost/x', "SK0601", "the shelves refuse ***"),
        (".connect nowhere.yml", "SK0", "nowhere.yml"),
    ],
)
def test_what_cannot_be_done_is_told_without_a_secret(project, monkeypatch, line, code, message):
    project.run("run").assert_ok()

    outcome = script(project, monkeypatch, line + "\n")

    assert outcome.exit_code != 0
    assert f"error[{code}" in outcome.stderr
    assert message in outcome.stderr
    assert "c4n4ry" not in outcome.stdout + outcome.stderr


def test_no_project_is_needed_for_a_url(site, tmp_path, monkeypatch, seeknal_project):
    monkeypatch.setenv("SHELF_PASSWORD", SECRET)
    url = "shelves://me:${SHELF_PASSWORD}@localhost" + str(site)
    bare = seeknal_project({})
    (bare.path / "seeknal_project.yml").unlink()

    explored = bare.run("repl", "--connection", url, "--exec", ".tables").assert_ok()
    asked = bare.run("sql", "--connection", url, "SELECT count(*) AS n FROM books", "--format=csv")

    assert explored.stdout == "books\n"
    assert asked.assert_ok().stdout == "n\n2\n"


@pytest.mark.parametrize(
    "words",
    [
        ("repl", "--connection", f"shelves://me:{SECRET}@localhost/x"),
        ("repl", "--exec", f".connect shelves://me:{SECRET}@localhost/x"),
        ("sql", "--connection", f"shelves://me:{SECRET}@localhost/x", "SELECT 1"),
    ],
)
def test_no_password_is_taken_from_the_command_line(project, words):
    project.run("run").assert_ok()

    outcome = project.run(*words)

    assert outcome.exit_code == 2
    assert "SK1606" in outcome.stderr
    assert SECRET not in outcome.stdout + outcome.stderr


ENTRIES = {
    ".connect reporting": ".connect reporting",
    ".connect starrocks://fe:9030/shop": ".connect starrocks://fe:9030/shop",
    ".connect starrocks://root:${PW}@fe/shop;": ".connect starrocks://root:${PW}@fe/shop;",
    ".connect starrocks://root@[::1]:9030/a.b": ".connect starrocks://root@[::1]:9030/a.b",
    ".connect starrocks://root:hunter2@fe/shop": ".connect starrocks://***",
    ".connect starrocks://root:hunter2": ".connect starrocks://***",
    ".connect starrocks://root:hun/ter@2@fe": ".connect starrocks://***",
    '.connect starrocks://root:hun ter"2@fe': ".connect starrocks://***",
    ".connect starrocks://fe/shop?password=hunter2": ".connect starrocks://***",
    ".conect starrocks://root:hunter2@fe": ".conect starrocks://***",
    '.connect "starrocks://root:hunter2@fe"': '.connect "starrocks://***',
    "connect starrocks://root:hunter2@fe;": "connect starrocks://***@fe;",
    ".connect root:hunter2@fe/shop": ".connect ***",
    ".connect root:hun ter@2@fe/shop": ".connect ***",
    ".connect root:hunter2": ".connect ***",
    ".connect hunter2@fe": ".connect ***",
    ".connect starrocks:/root:hunter2@fe": ".connect ***",
    ".connect starrocks//root:hunter2@fe": ".connect ***",
    ".connect:root:hunter2@fe": ".***",
    ".starrocks://root:hunter2@fe": ".***",
    "connect root:hunter2@fe;": "connect ***",
    "\\connect root:hunter2@fe;": "\\connect ***",
    ".connect shop": ".connect shop",
    ".connect files/shop.yml": ".connect files/shop.yml",
    "SELECT 's3://bucket/x', a\nFROM t;": "SELECT 's3://bucket/x', a\nFROM t;",
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_is_remembered_of_an_entry_has_no_secret(entry, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    history().append_string(entry)

    assert remembered(entry) == ENTRIES[entry]
    assert "hun" not in (tmp_path / "seeknal/repl_history").read_text()


def test_the_history_is_for_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    kept = tmp_path / "seeknal/repl_history"
    kept.parent.mkdir()
    kept.touch(0o644)

    history().append_string("SELECT 1;")
    known = stat.S_IMODE(kept.stat().st_mode)
    kept.unlink()
    history().append_string("SELECT 1;")

    assert known == 0o600
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


MISWRITTEN = (
    "reader:hunter2@localhost/shop",
    "reader:hun@ter2@localhost/shop",
    "shelf:/reader:hunter2@localhost/shop",
    "shelf//reader:hunter2@localhost/shop",
    "reader:hunter2@localhost://shop",
    "hunter2@localhost",
)


@pytest.mark.parametrize("word", MISWRITTEN)
@pytest.mark.parametrize("profiles", [True, False])
@pytest.mark.parametrize(
    "command",
    [
        ("repl", "-c", ".connect {}"),
        ("repl", "-c", ".connect:{}"),
        ("repl", "--connection", "{}"),
        ("sql", "SELECT 1", "--connection", "{}"),
        ("connection", "test", "{}"),
        ("connection", "test", "{}", "--deployed"),
        ("ingest", "--connection", "{}", "--table", "books", "--into", "shelf"),
    ],
)
def test_a_url_without_its_scheme_is_told_without_what_is_before_its_host(
    project, command, word, profiles
):
    if not profiles:
        (project.path / "profiles.yml").unlink()

    outcome = project.run(*(part.format(word) for part in command))

    assert outcome.exit_code != 0
    assert "hun" not in outcome.stdout + outcome.stderr
    assert "ter2" not in outcome.stdout + outcome.stderr


def test_a_part_of_a_url_that_is_a_secret_by_itself_hides_no_other():
    with separate_secrets():
        Secret("starrocks://")

        assert "hunter2" not in remembered("connect starrocks://root:hunter2@fe;")


class Session:
    """Counts what it is asked; ``fails`` is raised once."""

    def __init__(self):
        self.fails = None
        self.closed = False

    def execute(self, sql):
        error, self.fails = self.fails, None
        if error is not None:
            raise error
        return ["one"], [(1,)]

    def tables(self):
        return self.execute("")[1]

    def close(self):
        self.closed = True
        raise RuntimeError("it has ended")


@pytest.fixture
def opened():
    """The sessions of a conversation, and the conversation."""
    sessions = []

    def open_one():
        sessions.append(Session())
        return sessions[-1]

    return sessions, Remote("shelf", open_one)


@pytest.mark.parametrize("lost", [ConnectionFailed("gone"), KeyboardInterrupt()])
def test_a_session_that_is_lost_or_was_interrupted_is_replaced(opened, capsys, lost):
    sessions, asked = opened
    sessions[0].fails = lost

    with pytest.raises(type(lost)):
        asked.answer("SELECT 1;", Wanted(format="csv"))
    asked.answer("SELECT 1;", Wanted(format="csv"))

    assert sessions[0].closed
    assert len(sessions) == 2
    told = capsys.readouterr()
    assert told.out == "one\n1\n"
    assert told.err == "connected to shelf again\n"


def test_another_error_keeps_the_session(opened):
    sessions, asked = opened
    sessions[0].fails = RuntimeError("crashed")

    with pytest.raises(Exception, match="crashed"):
        asked.answer("SELECT 1;", Wanted())

    assert asked.tables() == [(1,)]
    assert len(sessions) == 1


class Deaf(Session):
    """Goes on whatever is said to it, until ``ended``."""

    def __init__(self, interrupt=lambda: None):
        super().__init__()
        self.ended = threading.Event()
        self.interrupt = interrupt

    def execute(self, sql):
        self.ended.wait(30)
        return super().execute(sql)


def presses(*seconds):
    """Presses Ctrl-C after so many seconds."""
    timers = [threading.Timer(after, signal.raise_signal, [signal.SIGINT]) for after in seconds]
    for timer in timers:
        timer.start()
    return timers


@pytest.mark.parametrize("heard", [True, False])
def test_a_server_that_does_not_stop_is_not_waited_for(heard, capsys):
    def interrupt():
        if not heard:
            raise ConnectionFailed("nobody is there")

    session = Deaf(interrupt)
    asked = Remote("shelf", lambda: session)
    # What a shell starts in the background takes no notice of it otherwise.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    timers = presses(0.2, 0.5) if heard else presses(0.2)

    try:
        with pytest.raises(KeyboardInterrupt):
            asked.answer("SELECT 1", Wanted())
        took = time.monotonic() - began
    finally:
        for timer in timers:
            timer.join()
        session.ended.set()
        signal.signal(signal.SIGINT, before)

    assert took < 10
    assert capsys.readouterr().err == (
        "cancelled\n" if heard else "it may go on there: nobody is there\n"
    )


def test_no_error_ends_a_conversation(project, site, tmp_path):
    project.run("run").assert_ok()
    state = tmp_path / "state"
    url = f"shelves://me:{SECRET}@localhost{site}"
    more = {"XDG_STATE_HOME": str(state), "PROMPT_TOOLKIT_NO_CPR": "1", "PYTHONPATH": ""}
    more["PYTHONPATH"] = ":".join(filter(None, [str(site), *map(str, sys.path)]))

    with Terminal(project.path, "repl", columns=120, **more) as terminal:

        def say(text, *answers):
            terminal.raw = ""
            terminal.press(text.encode() + b"\r")
            for answer in answers:
                terminal.wait_for(answer)
            terminal.wait_for("seeknal>")

        terminal.wait_for("seeknal>")
        say(".connect shelves://me:c4n4ry-0ther@localhost/x", "the shelves refuse ***")
        say("SELECT count(*) + 40 AS still_outputs FROM big_orders;", "42")
        say(f".connect '{url}'", ": 1 table;")
        say("SELECT crash;", "crashed")
        terminal.press(f"{ENDLESS};\r".encode())
        while not (site / "running").exists():
            time.sleep(0.05)
        terminal.press(CTRL_C)
        terminal.wait_for("cancelled")
        say("SELECT count(*) + 40 AS n FROM books;", "again", "42")
        say(".use films", "films: 1 table;")
        (site / "gone").touch()
        say("SELECT 1;", "the shelves are gone")
        (site / "gone").unlink()
        say("SELECT count(*) + 40 AS n FROM films;", "again", "43")
        terminal.press(b".exit\r")
        assert terminal.end() == 0

    kept = (state / "seeknal/repl_history").read_text()
    assert ".connect shelves://***" in kept
    assert "c4n4ry" not in kept


@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_bytes_are_written_as_those_of_stored_outputs(project, site, monkeypatch, format):
    project.run("run").assert_ok()
    every = "".join(f"{number:02x}" for number in range(256))

    stored = project.run("sql", f"SELECT unhex('{every}') AS b", "--format", format)
    asked = project.run(
        "sql", f"SELECT x'{every}' AS b", "--connection", "shelf", "--format", format
    )

    assert asked.assert_ok().stdout == stored.assert_ok().stdout
