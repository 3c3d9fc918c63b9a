"""``repl`` as a script, and the parts of a conversation."""

import io
import signal
import sys
import threading

import pytest

from seeknal.cli.asking import Outputs
from seeknal.cli.remembering import history_file
from seeknal.cli.repl import Repl, entries, is_complete
from seeknal.cli.results import Wanted
from seeknal.values.errors import UsageError


@pytest.fixture
def asked(shop):
    outputs = Outputs(shop.path, "prod", allow_files=False)
    yield outputs
    outputs.close()


def script(project, monkeypatch, text, *options):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return project.run("repl", *options)


def test_exec_runs_statements_and_leaves(shop):
    outcome = shop.run("repl", "--exec", "SELECT 1 AS a; SELECT 2 AS b", "--format", "csv")

    assert outcome.assert_ok().stdout == "a\n1\nb\n2\n"


def test_piped_text_is_a_script(shop, monkeypatch):
    text = """\
.format csv
SELECT id
FROM big_orders
ORDER BY id;
SELECT ';' AS semicolon; SELECT 3 AS three;
.limit 1
FROM orders
"""

    outcome = script(shop, monkeypatch, text).assert_ok()

    assert outcome.stdout.split() == [
        "id",
        "1",
        "2",
        "semicolon",
        ";",
        "three",
        "3",
        "id,customer,amount",
        "1,a,10",
    ]


def test_a_script_ends_at_its_first_error(shop, monkeypatch):
    outcome = script(shop, monkeypatch, "SELECT 1 AS a;\nDROP VIEW orders;\nSELECT 2 AS b;\n")

    assert outcome.exit_code == 2
    assert "1" in outcome.stdout
    assert "2" not in outcome.stdout
    assert "SK0480" in outcome.stderr


def test_a_script_may_leave(shop, monkeypatch):
    outcome = script(shop, monkeypatch, ".exit\nSELECT 1;\n").assert_ok()

    assert outcome.stdout == ""


def test_tables_and_their_columns_can_be_listed(shop, monkeypatch):
    tables = script(shop, monkeypatch, ".tables\n").assert_ok()
    schema = script(shop, monkeypatch, ".schema transform.big_orders\n").assert_ok()
    plain = script(shop, monkeypatch, ".schema big_orders\n").assert_ok()

    assert "transform.by_customer" in tables.stdout.split()
    assert schema.stdout.split()[4:] == ["id", "BIGINT", "customer", "VARCHAR", "amount", "BIGINT"]
    assert plain.stdout == schema.stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (".tabels", "did you mean .tables"),
        (".schema big_ordrs", "big_orders"),
        (".format xml", "known: table, json, csv"),
        (".limit many", "not a number"),
    ],
)
def test_a_wrong_command_helps(shop, monkeypatch, line, message):
    outcome = script(shop, monkeypatch, line)

    assert outcome.exit_code == 2
    assert message in outcome.stderr


def test_help_names_every_command(shop, monkeypatch):
    from seeknal.cli.completer import COMMANDS

    outcome = script(shop, monkeypatch, ".help\n").assert_ok()

    assert all(name in outcome.stdout for name in COMMANDS)


def test_a_run_that_ends_meanwhile_is_seen(shop, asked, capsys):
    repl = Repl(asked, Wanted(format="csv"), None)
    repl.execute("SELECT count(*) AS n FROM orders;")
    data = shop.path / "data/orders.csv"
    data.write_text(data.read_text() + "4,c,9\n")
    shop.run("run").assert_ok()

    repl.execute("SELECT count(*) AS n FROM orders;")

    assert capsys.readouterr().out == "n\n3\nn\n4\n"


def test_an_error_in_a_conversation_is_explained(asked, capsys):
    Repl(asked, Wanted(), None).explain(UsageError("no", help="yes"))

    assert capsys.readouterr().err == "error[SK0002]: no\n  help: yes\n"


def test_entries_end_at_semicolons_or_are_dot_commands():
    lines = ["  .tables\n", "SELECT 1\n", ", 2;\n", "\n", "SELECT\n", ".5\n"]

    assert list(entries(lines)) == ["  .tables\n", "SELECT 1\n, 2;", "", "SELECT\n.5"]
    assert [is_complete(text) for text in ("", ".help", "SELECT 1", "SELECT 1; ")] == [
        True,
        True,
        False,
        True,
    ]


def test_a_cancelled_query_is_interrupted(asked):
    endless = "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000) b"
    # What a shell starts in the background takes no notice of it otherwise.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    presses = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    presses.start()

    try:
        with pytest.raises(KeyboardInterrupt):
            asked.answer(endless, Wanted())
    finally:
        presses.join()
        signal.signal(signal.SIGINT, before)

    asked.answer("SELECT 1 AS a", Wanted())


def test_completion_offers_tables_columns_words_and_commands(asked):
    from prompt_toolkit.document import Document

    from seeknal.cli.completer import SqlCompleter

    completer = SqlCompleter(asked)

    def offered(text):
        return [entry.text for entry in completer.get_completions(Document(text), None)]

    assert offered("SELECT * FROM transform.b") == [
        "transform.big_orders",
        "transform.by_customer",
    ]
    assert "amount" in offered("select am")
    assert offered("sele") == ["SELECT"]
    assert ".schema" in offered(".s")


def test_history_is_kept_in_the_users_state_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    there = history_file()
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nothing")

    assert there == tmp_path / "state/seeknal/repl_history"
    assert history_file() is None


def test_a_conversation_on_a_terminal(shop, tmp_path):
    """The real prompt on a pseudo-terminal: a query over two lines, completion, leaving."""
    import os
    import pty
    import select
    import subprocess
    import time

    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "XDG_STATE_HOME": str(tmp_path / "state")}
    environment["PROMPT_TOOLKIT_NO_CPR"] = "1"
    process = subprocess.Popen(
        [sys.executable, "-m", "seeknal", "repl"],
        cwd=shop.path,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
    )
    os.close(slave)
    seen = bytearray()

    def read_until(text, seconds=20):
        end = time.monotonic() + seconds
        while text not in seen:
            assert time.monotonic() < end, seen.decode(errors="replace")
            if select.select([master], [], [], 0.1)[0]:
                seen.extend(os.read(master, 65536))

    try:
        read_until(b"seeknal>")
        os.write(master, b"SELECT 40 +\r")
        os.write(master, b"2 AS answer;\r")
        read_until(b"42")
        os.write(master, b".exit\r")
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert b"SELECT 40 +" in (tmp_path / "state/seeknal/repl_history").read_bytes()
