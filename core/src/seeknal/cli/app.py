"""The command table and how a command line becomes an exit code.

A command's module is imported when the command is used; the commands that plugins bring are looked
up only when no command of core's has the name, or when all are listed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal import __version__
from seeknal.cli.invocation import Invocation
from seeknal.cli.streams import say, warn
from seeknal.host.started import listen
from seeknal.kernel.command_options import Option
from seeknal.values.errors import (
    INTERRUPTED_QUERY,
    Interrupted,
    PluginError,
    UsageError,
    did_you_mean,
)

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Installed

PROGRAM = "seeknal"
_NOTHING = " \t\r\n,"
"""What separates the words of a list; of these alone there is no word."""
_STATEMENTS = ("query", "text")
"""Parameters of SQL, whose reader says what is missing."""
_NAMES = ("a", "b", "environment", "name", "origin", "source", "target")
"""Parameters that name an environment, or something new: what makes a name is said elsewhere."""

COMMANDS = {
    "init": ("setup", "Create a working project to start from."),
    "run": ("run", "Run what has changed and everything that depends on it."),
    "plan": ("run", "Show what a run would do to each node, and why."),
    "env": ("environments", "Create, list and delete environments, and show their generations."),
    "promote": (
        "generations",
        "Make an environment's changes those of production, without computing them again.",
    ),
    "rollback": (
        "generations",
        "Show what going back to an earlier generation changes, ask, and keep it there.",
    ),
    "apply": ("run", "Show the plan of an environment, ask, and carry out exactly that."),
    "diff": ("diffing", "Show how stored rows differ between two environments or generations."),
    "audit": ("auditing", "Check the stored outputs with their audits, without running anything."),
    "create-test": ("create_test", "Make tests of nodes from rows that their inputs have stored."),
    "test": ("testing", "Run the unit tests: each node over the rows that a test gives."),
    "validate": ("validate", "Report everything that is wrong in the project's files."),
    "list": ("listing", "List the project's nodes."),
    "check-intervals": (
        "intervals",
        "Show which ranges of time nodes have done, and which are missing, waiting or invalidated.",
    ),
    "freshness": (
        "freshness",
        "Show how old the newest rows of nodes are, and which are older than they may be.",
    ),
    "invalidate": ("intervals", "Let the next run process ranges of time of a node again."),
    "scheduler": (
        "scheduler",
        "Run nodes when they are due by their schedules, until told to stop.",
    ),
    "schedule": (
        "schedule",
        "Show when nodes are due, or write that for cron, systemd, Airflow and others.",
    ),
    "catalog": ("catalog", "Look up stored tables, their columns, and how their rows came about."),
    "inspect": ("inspecting", "Show a node's stored output: rows, columns or statistics."),
    "sql": ("sql", "Query the stored outputs with one SQL statement."),
    "ingest": ("ingest", "Load rows of any source into a lake and a warehouse, without a project."),
    "repl": ("repl", "Query the stored outputs interactively, or a connection."),
    "features": (
        "features",
        "Features at points in time: training sets without leakage, and the same numbers served.",
    ),
    "lineage": ("lineage", "Show what every column depends on, as a page, a document or text."),
    "docs": (
        "docs",
        "Write the catalog of all nodes as one page, which needs no server and no network.",
    ),
    "impact": ("lineage", "List what a change of a node or column reaches."),
    "deliveries": (
        "deliveries",
        "List what targets are owed, send it again, or give it up.",
    ),
    "history": ("history", "List earlier runs and what they did to each node."),
    "render": ("rendering", "Print a node's SQL as it is executed."),
    "draft": ("setup", "Write a template file for a new node."),
    "schema": ("schema", "Write the JSON Schema of project files, for editors."),
    "connection": ("connection", "List and test the connections of profiles.yml."),
    "plugins": ("plugins", "List the installed plugins and what they add."),
    "python": ("scripts", "Run a script with the Python that seeknal is installed in."),
    "janitor": ("janitor", "Remove what nothing refers to any more."),
    "clean": ("clean", "Remove what runs have stored."),
    "completion": ("completion", "Print the script that completes commands in a shell."),
}
"""Each command with its module below ``seeknal.cli`` and its line in the overview."""

SPELLINGS = {
    ("parse",): ("validate",),
    ("retry",): ("run",),
    ("ls",): ("list",),
    ("connection-test",): ("connection", "test"),
    ("docs", "generate"): ("docs",),
    ("docs", "serve"): ("docs", "--serve", "8080"),
    ("intervals", "list"): ("check-intervals",),
    ("intervals", "pending"): ("check-intervals",),
    ("intervals", "backfill"): ("run", "--select"),
    ("check_intervals",): ("check-intervals",),
    ("source", "freshness"): ("freshness",),
    ("source", "snapshot-freshness"): ("freshness",),
    ("env", "plan"): ("plan",),
    ("env", "apply"): ("apply",),
    ("env", "promote"): ("promote",),
    ("env", "rollback"): ("rollback",),
}
"""Other spellings of commands, of seeknal 2.x, dbt and SQLMesh."""


def _common_parameters() -> list[click.Parameter]:
    return [
        click.Option(
            ["-C", "--project"],
            metavar="DIR",
            help="Folder of the project, or one inside it.",
            expose_value=False,
            callback=_set_folder,
            type=click.Path(),
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            help="Show where in seeknal an error came from.",
            expose_value=False,
            callback=_set_debug,
        ),
    ]


def _add_common(command: click.Command) -> None:
    known = {word for parameter in command.params for word in parameter.opts}
    command.params += [entry for entry in _common_parameters() if known.isdisjoint(entry.opts)]
    _refuse_nothing(command)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _add_common(below)


def _refuse_nothing(command: click.Command) -> None:
    """Let a command that is not of our class be given no empty values and no option twice."""
    plain = command.parse_args
    if isinstance(command, Command | Group) or isinstance(plain, partial):
        return

    def parse(plain: Callable[..., list[str]], ctx: click.Context, args: list[str]) -> list[str]:
        _refuse_empty(command, ctx, args)
        _refuse_spelt_twice(command, ctx, args)
        return plain(ctx, args)

    command.parse_args = partial(parse, plain)  # type: ignore[method-assign]


def _set_folder(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(Invocation).folder = Path(value)


def _set_debug(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).debug = True


def _refuse_empty(command: click.Command, context: click.Context, words: list[str]) -> None:
    """Refuse values of nothing: an unset variable of a shell must not mean all nodes."""
    if context.resilient_parsing or not any(_says_nothing(word) for word in words):
        return
    given = command.make_parser(context).parse_args(list(words))[0]
    for parameter in command.get_params(context):
        if parameter.name in _STATEMENTS or _is_name(parameter):
            continue
        value = given.get(parameter.name or "")
        entries = value if isinstance(value, list | tuple) else (value,)
        nothing = any(isinstance(entry, str) and not entry.strip(_NOTHING) for entry in entries)
        if nothing and parameter.type is not click.UNPROCESSED:
            raise _empty(parameter, words)


def _is_name(parameter: click.Parameter) -> bool:
    is_argument = parameter.param_type_name == "argument"
    return parameter.name in _NAMES if is_argument else parameter.name in ("environment", "origin")


def _says_nothing(word: str) -> bool:
    return not word.partition("=")[2 if word.startswith("--") and "=" in word else 0].strip(
        _NOTHING
    )


def _empty(parameter: click.Parameter, words: list[str]) -> UsageError:
    typed = (word.partition("=")[0] for word in words)
    name = next((word for word in typed if word in getattr(parameter, "also", ())), said(parameter))
    return UsageError(
        f"{name} is given an empty value",
        code="SK0250",
        help="leave it out, or check the variable that it comes from",
    )


def said(parameter: click.Parameter) -> str:
    """How a parameter is written on the command line."""
    is_option = parameter.param_type_name == "option"
    return max(parameter.opts, key=len) if is_option else (parameter.name or "").upper()


def _refuse_spelt_twice(command: click.Command, context: click.Context, words: list[str]) -> None:
    """Refuse an option under two of its names: one of the values would go by unseen."""
    if context.resilient_parsing:
        return
    typed = [word.partition("=")[0] for word in words]
    for option in command.get_params(context):
        if not isinstance(option, Option) or option.multiple or option.is_flag:
            continue
        names = [name for name in typed if name in (*option.opts, *option.also)]
        if len(set(names)) > 1:
            raise UsageError(
                f"{' and '.join(dict.fromkeys(names))} are one option",
                code="SK0255",
                help="keep one of them",
            )


class Command(click.Command):
    """A command with the options that every command has."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.params += _common_parameters()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _refuse_empty(self, ctx, args)
        _refuse_spelt_twice(self, ctx, args)
        return super().parse_args(ctx, args)


class Group(click.Group):
    """A group that names the nearest command when one is unknown.

    One that does something by itself has the options that every command has.
    """

    command_class = Command

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.invoke_without_command:
            self.params += _common_parameters()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _refuse_empty(self, ctx, args)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from seeknal.values.other_tools import COMMANDS as COMMANDS_OF_OTHERS

        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            if answer := COMMANDS_OF_OTHERS.get(name) if ctx.parent is None else None:
                raise UsageError(
                    f"there is no command {name!r}: {answer.because}",
                    code="SK0251",
                    help=f"{answer.ours}{_selecting_files(name, args)}",
                )
            raise UsageError(
                f"unknown command {name!r}",
                code="SK0251",
                help=did_you_mean(name, known) or f"known: {', '.join(known)}",
            )
        return super().resolve_command(ctx, args)


Group.group_class = Group


def _selecting_files(command: str, words: list[str]) -> str:
    """For ``dry-run FILE`` of seeknal 2.x, which our plan selects by its path."""
    from seeknal.values.other_tools import is_node_file

    files = [word for word in words[1:] if is_node_file(word)]
    return f" --select path:{files[0]}" if command == "dry-run" and files else ""


class App(Group):
    """All commands: core's from the table, then those of plugins."""

    def __init__(self) -> None:
        super().__init__(
            PROGRAM,
            help="Pipelines of YAML, SQL and Python that run on one machine.",
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
            no_args_is_help=True,
            params=[*_common_parameters(), _version_option()],
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        try:
            return [*COMMANDS, *self._brought]
        except PluginError as error:
            # What a command would end with; --help is given all the same.
            warn(error.message)
            return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module = import_module(f"seeknal.cli.{COMMANDS[cmd_name][0]}")
            command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
            assert isinstance(command, click.Command)
            return command
        if cmd_name in self.commands or cmd_name not in self._brought:
            return self.commands.get(cmd_name)
        from seeknal.kernel.commands import load_command

        command = load_command(self._brought[cmd_name])
        _add_common(command)
        self.add_command(command, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self.commands:
            (entry,) = self._brought[name]
            ctx.ensure_object(Invocation).maker = entry.origin
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, summary) for name, (_, summary) in COMMANDS.items()]
        for name in self.list_commands(ctx)[len(COMMANDS) :]:
            try:
                command = self.get_command(ctx, name)
            except PluginError as error:
                warn(error.message)
            else:
                assert command is not None
                if not command.hidden:
                    rows.append((name, command.get_short_help_str(limit=80)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    @cached_property
    def _brought(self) -> Mapping[str, Sequence[Installed]]:
        """What plugins bring, by name; where core has a command of the name it stays core's."""
        from seeknal.kernel.plugins import enabled_commands

        found: dict[str, list[Installed]] = {}
        for entry in enabled_commands():
            if entry.name not in COMMANDS:
                found.setdefault(entry.name, []).append(entry)
        return found


def _version_option() -> click.Option:
    def show(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value and not context.resilient_parsing:
            print(f"{PROGRAM} {__version__}")
            context.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=show,
        help="Show the version and exit.",
    )


def carry_out(argv: Sequence[str] | None, begin: Callable[[], None] | None = None) -> int:
    """Run one command line; every error becomes a message and an exit code here.

    ``begin`` is called when they do; it may raise KeyboardInterrupt, as everything may.
    """
    invocation = Invocation()
    arguments = _spelled(list(sys.argv[1:] if argv is None else argv))
    listen(_say_awaited)
    try:
        if begin is not None:
            begin()
        return _invoke(arguments, invocation)
    except Exception as error:
        from seeknal.cli.failure_report import answer_failure, report, show_traceback

        code = report(error, invocation)
        answer_failure(error, arguments, invocation)
        if invocation.debug:
            show_traceback()
        return code
    except KeyboardInterrupt:
        say("interrupted")
        from seeknal.cli.failure_report import answer_failure

        answer_failure(Interrupted("interrupted"), arguments, invocation)
        return Interrupted.exit_code


def _say_awaited(what: str, seconds: float) -> None:
    from seeknal.cli.talk import say_awaited

    say_awaited(what, seconds)


def _invoke(arguments: list[str], invocation: Invocation) -> int:
    try:
        code = App().main(arguments, PROGRAM, standalone_mode=False, obj=invocation)
    except click.Abort:
        raise KeyboardInterrupt from None
    except RuntimeError as error:
        # Python 3.11 makes another error of what comes while a class is made.
        if str(error) != INTERRUPTED_QUERY and not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        raise KeyboardInterrupt from None
    except SystemExit as left:
        # Shell completion answers and leaves from inside click.
        return left.code if isinstance(left.code, int) else 0
    return code if isinstance(code, int) else 0


def _spelled(arguments: list[str]) -> list[str]:
    """The command line with other spellings of its command and of its options replaced."""
    from seeknal.values.other_tools import OPTIONS as OPTIONS_OF_OTHERS

    at = _command_position(arguments)
    for spelling, command in SPELLINGS.items():
        if tuple(arguments[at : at + len(spelling)]) == spelling:
            arguments = [*arguments[:at], *command, *arguments[at + len(spelling) :]]
            break
    options = OPTIONS_OF_OTHERS.get(arguments[at], {}) if at < len(arguments) else {}
    if not options:
        return arguments
    words = [_spelled_option(word, options) for word in arguments[at + 1 :]]
    return [*arguments[: at + 1], *(word for found in words for word in found)]


def _spelled_option(word: str, options: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """An option as we spell it, with the value that may stand in the same word."""
    name, equals, value = word.partition("=")
    if name not in options:
        return (word,)
    ours = options[name]
    if not equals:
        return ours
    return (f"{ours[0]}={value}",) if ours else (value,)


def _command_position(arguments: list[str]) -> int:
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        at += 2 if arguments[at] in ("-C", "--project") else 1
    return at
