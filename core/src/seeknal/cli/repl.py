"""``repl``: queries over the stored outputs, one after the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from seeknal.cli.app import Command
from seeknal.cli.common import environment_option, project_root
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
from seeknal.values.errors import SeeknalError, UsageError, did_you_mean

if TYPE_CHECKING:
    from seeknal.cli.asking import Asked

HELP = """\
SELECT ...;        a query; it ends with ; and may take several lines
.tables            what can be queried
.schema TABLE      the columns of a table
.format FORMAT     table, json or csv
.limit N           most rows that are shown; 0 is all
.help              this text
.exit              leave (so does Ctrl-D)
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
    """Query the stored outputs interactively.

    Text that is piped in is run as a script; the first error ends it.
    """
    from seeknal.cli.asking import Outputs, Remote

    asked: Asked
    if connection is None:
        asked = Outputs(project_root(), environment, allow_files=allow_files)
    else:
        from seeknal.cli.connection import open_session

        asked = Remote(connection, open_session(project_root(), profile, connection))
    repl = Repl(asked, Wanted(format=format_, limit=limit))
    try:
        if text is not None:
            repl.run_script(text.splitlines())
        elif sys.stdin.isatty():
            repl.converse()
        else:
            repl.run_script(sys.stdin)
    finally:
        asked.close()


class Repl:
    """One conversation and its settings."""

    def __init__(self, asked: Asked, wanted: Wanted) -> None:
        self.asked = asked
        self.wanted = wanted

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
            ".format": self.set_format,
            ".limit": self.set_limit,
            ".help": lambda _: print(HELP),
        }
        if name in (".exit", ".quit"):
            return False
        if name not in commands:
            known = [*commands, ".exit"]
            near = did_you_mean(name, known) or f"known: {' '.join(known)}"
            raise UsageError(f"unknown command {name}", code="SK0265", help=near)
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
        """Ask for entries on the terminal until the user leaves."""
        session = prompt_session(self.asked)
        say(f"{self.asked.name}: {len(self.asked.tables())} tables; .help shows what can be said")
        while True:
            try:
                entry = session.prompt()
                if not self.execute(entry):
                    return
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            except SeeknalError as error:
                self.explain(error)

    def explain(self, error: SeeknalError) -> None:
        from seeknal.cli.failures import explain

        context = click.get_current_context(silent=True)
        invocation = context.find_object(Invocation) if context else None
        say(explain(error, invocation.root if invocation else None))


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


def prompt_session(asked: Asked) -> Any:
    """A prompt with history, completion and lines that go on until a semicolon."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    from seeknal.cli.completer import SqlCompleter

    path = history_file()
    session: Any = None

    def unfinished() -> bool:
        return session is not None and not is_complete(session.default_buffer.text)

    session = PromptSession(
        PROMPT,
        history=FileHistory(str(path)) if path else InMemoryHistory(),
        completer=SqlCompleter(asked),
        complete_while_typing=False,
        multiline=Condition(unfinished),
        prompt_continuation=MORE,
    )
    return session


def history_file() -> Path | None:
    """Where entries are remembered; None when the user has no folder for it."""
    base = os.environ.get("XDG_STATE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".local/state") / "seeknal"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder / "repl_history"
