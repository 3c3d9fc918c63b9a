"""``repl``: queries over the stored outputs, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from attrs import evolve

from seeknal.cli.app import Command
from seeknal.cli.common import environment_option, project_or_folder, project_root
from seeknal.cli.invocation import Invocation
from seeknal.cli.results import FORMATS, Wanted
from seeknal.cli.streams import say
from seeknal.kernel.command_options import (
    allow_files_option,
    connection_option,
    format_option,
    limit_option,
    profile_option,
)
from seeknal.values.credentials import shown_word
from seeknal.values.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from seeknal.cli.asking import Asked

HELP = """\
SELECT ...;            a query; it ends with ; and may take several lines
.tables                what can be queried
.schema TABLE          the columns of a table
.connect NAME|URL      ask a connection: of profiles.yml, of a URL or of a connector file
.databases, .catalogs  what there is on a connection, where it has such
.use DATABASE          go to another database, where the connection can
.format FORMAT         table, json or csv
.limit N               most rows that are shown; 0 is all
.help                  this text
.exit                  leave (so does Ctrl-D)
Ctrl-C cancels the line, or the query that runs."""

PROMPT = "seeknal> "
MORE = "    ...> "


@click.command("repl", cls=Command)
@environment_option
@click.option("--exec", "-c", "text", metavar="SQL", help="Run this and leave.")
@format_option(*FORMATS[:3])
@limit_option(None, shown="100 in a table, else all")
@allow_files_option
@connection_option
@profile_option
def repl_command(
    environment: str,
    text: str | None,
    format_: str,
    limit: int | None,
    allow_files: bool,
    connection: str | None,
    profile: Path | None,
) -> None:
    """Query the stored outputs interactively, or a connection.

    Text that is piped in is run as a script; the first error ends it. A connection may also be a
    URL or a connector file, and needs no project.
    """

    def connect(name: str) -> Asked:
        """Raises UsageError for a password on the command line, which every process can see."""
        from seeknal.cli.connection import remote
        from seeknal.ingesting.places import refuse_password

        if name == connection or text is not None:
            refuse_password(name)
        return remote(project_or_folder(), profile, name)

    def outputs() -> Asked:
        from seeknal.cli.asking import Outputs

        return Outputs(project_root(), environment, allow_files=allow_files)

    asked = outputs() if connection is None else connect(connection)
    repl = Repl(asked, Wanted(format=format_, limit=limit), connect)
    try:
        if text is not None:
            repl.run_script(text.splitlines())
        elif sys.stdin.isatty():
            repl.converse()
        else:
            repl.run_script(sys.stdin)
    finally:
        repl.asked.close()


class Repl:
    """One conversation and its settings. ``connect`` opens what another connection answers."""

    def __init__(self, asked: Asked, wanted: Wanted, connect: Callable[[str], Asked]) -> None:
        self.asked = asked
        self.wanted = wanted
        self.connect = connect

    def run_script(self, lines: Iterable[str]) -> None:
        """Run every statement and dot command; raises what the first failing one raises."""
        for entry in entries(lines):
            if not self.execute(entry):
                return

    def execute(self, entry: str) -> bool:
        """Run a dot command, or the statements of a text. False when it says to leave."""
        entry = entry.strip()
        if entry.startswith("."):
            return self.command(entry)
        for statement in self.asked.statements(entry) if entry else ():
            if statement.strip(" \t\r\n;"):
                self.asked.answer(statement, self.wanted)
        return True

    def command(self, entry: str) -> bool:
        name, _, argument = entry.partition(" ")
        argument = argument.strip().rstrip(";")
        commands: dict[str, Callable[[str], None]] = {
            ".tables": self.show_tables,
            ".schema": self.show_schema,
            ".connect": self.go_to,
            ".databases": lambda _: self.show_listed("databases"),
            ".catalogs": lambda _: self.show_listed("catalogs"),
            ".use": self.use,
            ".format": self.set_format,
            ".limit": self.set_limit,
            ".help": lambda _: print(HELP),
        }
        if name in (".exit", ".quit"):
            return False
        if name not in commands:
            known = [*commands, ".exit"]
            near = did_you_mean(name, known) or f"known: {' '.join(known)}"
            raise UsageError(f"unknown command {shown_word(name)}", code="SK0265", help=near)
        commands[name](argument)
        return True

    def show_tables(self, _: str) -> None:
        for table in self.asked.tables():
            print(table)

    def show_schema(self, table: str) -> None:
        from seeknal.cli.render import print_table

        columns = self.asked.columns(table) if table else []
        if not columns:
            near = did_you_mean(table, self.asked.tables())
            raise UsageError(f"no table {table!r}", code="SK0266", help=near or ".tables lists all")
        print_table(("column", "type"), columns)

    def go_to(self, connection: str) -> None:
        """What was asked so far stays where the other cannot be opened."""
        if not connection:
            raise UsageError(
                ".connect needs the name of a connection, or its URL",
                code="SK0267",
                help="seeknal connection list shows those of profiles.yml",
            )
        mark = connection[0]
        quoted = mark in "'\"" and len(connection) > 2 and connection.endswith(mark)
        opened = self.connect(connection[1:-1] if quoted else connection)
        self.asked.close()
        self.asked = opened

    def show_listed(self, what: Literal["catalogs", "databases"]) -> None:
        for name in self.asked.listed(what):
            print(name)

    def use(self, database: str) -> None:
        if not database:
            raise UsageError(
                ".use needs the name of a database", code="SK0267", help=".databases lists them"
            )
        self.asked.use(database)

    def set_format(self, name: str) -> None:
        if name not in FORMATS[:3]:
            raise UsageError(
                f"unknown format {name!r}", code="SK0267", help=f"known: {', '.join(FORMATS[:3])}"
            )
        self.wanted = evolve(self.wanted, format=name)

    def set_limit(self, text: str) -> None:
        if not text.isdecimal():
            raise UsageError(f"{text!r} is not a number of rows", code="SK0267")
        self.wanted = evolve(self.wanted, limit=int(text))

    def converse(self) -> None:
        """Ask for entries on the terminal until the user leaves; no error ends it."""
        session = prompt_session()
        met: tuple[Asked, str] | None = None
        while True:
            try:
                if met != (self.asked, self.asked.name):
                    met = (self.asked, self.asked.name)
                    self.greet(session)
                if not self.execute(session.prompt()):
                    return
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            except Exception as error:
                # Whatever a driver raises, the next statement may be answered.
                self.explain(error)

    def greet(self, session: Any) -> None:
        """Say what is talked to from now on, and complete its names."""
        from seeknal.cli.completer import SqlCompleter

        session.completer = SqlCompleter(self.asked)
        count = len(self.asked.tables())
        tables = "1 table" if count == 1 else f"{count} tables"
        say(f"{self.asked.name}: {tables}; .help shows what can be said")

    def explain(self, error: Exception) -> None:
        from seeknal.cli.failure_report import report, show_traceback

        context = click.get_current_context(silent=True)
        invocation = (context.find_object(Invocation) if context else None) or Invocation()
        report(error, invocation)
        if invocation.debug:
            show_traceback()


def entries(lines: Iterable[str]) -> Iterator[str]:
    """Dot commands, and statements up to a line that ends with a semicolon."""
    held: list[str] = []
    for line in lines:
        if not held and line.lstrip().startswith("."):
            yield line
            continue
        held.append(line.rstrip("\n"))
        if is_complete("\n".join(held)):
            yield "\n".join(held)
            held = []
    if "".join(held).strip():
        yield "\n".join(held)


def is_complete(text: str) -> bool:
    """Whether what was typed can be run: a dot command, a statement with its end, or nothing."""
    stripped = text.strip()
    return not stripped or stripped.startswith(".") or stripped.endswith(";")


def prompt_session() -> Any:
    """A prompt with history, and lines that go on until a semicolon."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.filters import Condition

    from seeknal.cli.remembering import history

    session: Any = None

    def unfinished() -> bool:
        return session is not None and not is_complete(session.default_buffer.text)

    session = PromptSession(
        PROMPT,
        history=history(),
        complete_while_typing=False,
        multiline=Condition(unfinished),
        prompt_continuation=MORE,
    )
    return session
