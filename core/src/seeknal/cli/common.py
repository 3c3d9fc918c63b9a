"""Options that several commands share, and how they become a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seeknal.cli.app import said
from seeknal.cli.invocation import Invocation
from seeknal.kernel import command_options
from seeknal.kernel.command_options import Option, profile_option
from seeknal.values.errors import UsageError
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    import datetime

    from seeknal.plan.session import Request

F = TypeVar("F", bound=Callable[..., Any])


def project_root() -> Path:
    """The project that the command works on: ``-C``'s, or the one around the current folder."""
    return click.get_current_context().ensure_object(Invocation).project_root()


def project_or_folder() -> Path:
    """The same, or the current folder where no project is around it and none is named."""
    from seeknal.project.paths import root_above

    folder = Path.cwd()
    named = click.get_current_context().ensure_object(Invocation).folder is not None
    return project_root() if named or root_above(folder) is not None else folder


def _read_environment(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """A name that an environment can have, so that none is taken for another, or for none."""
    from seeknal.values.other_tools import is_node_file

    if value is not None:
        from seeknal.plan.environments import check_name

        if is_node_file(value):
            raise _a_file(value, context)
        check_name(value)
    return value


def _a_file(value: str, context: click.Context) -> UsageError:
    if not (project_root() / value).exists() and not Path(value).exists():
        return UsageError(
            f"{value!r} is no environment, and there is no such file",
            code="SK0003",
            help="seeknal env list shows the environments",
        )
    command = "run" if context.info_name == "apply" else context.info_name
    return UsageError(
        f"{value!r} is a file, and no environment",
        code="SK0003",
        help=f"seeknal {command} --select path:{value}",
    )


def environment_option(function: F) -> F:
    """``--env``, which is production when none is named."""
    return command_options.environment_option(callback=_read_environment)(function)


def only_environment_option(function: F) -> F:
    """``--env`` of a command that is about all environments when none is named."""
    return command_options.environment_option(
        default=None, shown="all", callback=_read_environment
    )(function)


def happened_to_node_option(function: F) -> F:
    """``--node`` of a command about what has happened."""
    return click.option(
        "--node",
        metavar="NODE",
        shell_complete=complete_nodes,
        help="Only what happened to this node.",
    )(function)


def happened_in_run_option(function: F) -> F:
    """``--run`` of a command about what has happened."""
    return click.option(
        "--run",
        "run_id",
        cls=Option,
        also=("--batch",),
        metavar="RUN_ID",
        help="Only this run; a start or end of its id will do.",
    )(function)


def environment_argument(function: F) -> F:
    """``[ENV]``, the same as ``--env ENV``; `named_environment` tells which was meant."""
    return click.argument("name", metavar="[ENV]", required=False, callback=_read_environment)(
        function
    )


def named_environment(name: str | None, environment: str) -> str:
    """The environment that a command is about, which may be said as argument and as option.

    Raises UsageError when both say another one.
    """
    if name is None:
        return environment
    if explicit("environment") and environment != name:
        raise UsageError(
            f"{name} and --env {environment} are two environments", code="SK0753", help="name one"
        )
    return name


def explicit(option: str) -> bool:
    """Whether the user gave the option, rather than leaving it as it is by default."""
    source = click.get_current_context().get_parameter_source(option)
    return source is not click.core.ParameterSource.DEFAULT


def exclude_each_other(*parameters: str, help: str = "keep one of them") -> None:
    """Raise UsageError where the user gave more than one of these parameters of the command."""
    context = click.get_current_context()
    known = {entry.name: entry for entry in context.command.params}
    given = [said(known[name]) for name in parameters if explicit(name)]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other", code="SK0255", help=help)


def _stack(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def complete_nodes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Node names for the shell; nothing when the project cannot be read."""
    from seeknal.cli.completion import node_names

    names = node_names(context.find_root().ensure_object(Invocation).folder)
    return [name for name in names if name.startswith(incomplete)]


def _read_workers(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    if value is None or value == "auto":
        return value
    if value.isdecimal() and int(value) > 0:
        return int(value)
    raise click.BadParameter(f"{value!r} is neither a number of workers nor 'auto'")


def _read_seconds(context: click.Context, parameter: click.Parameter, value: str) -> float:
    from seeknal.values.durations import Duration

    try:
        return Duration.parse(f"{value}s" if value.isdecimal() else value).seconds
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def read_duration(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> float | None:
    """Seconds of a duration such as ``14d``; a month counts as 30 days."""
    from seeknal.values.durations import Duration

    try:
        return Duration.parse(value).rough_seconds if value is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


workers_option = click.option(
    "--workers",
    cls=Option,
    also=("--max-workers",),
    metavar="N|auto",
    callback=_read_workers,
    help="How many nodes run at once.",
)

lock_timeout_option = click.option(
    "--lock-timeout",
    default="0",
    metavar="DURATION",
    callback=_read_seconds,
    help="Wait so long for another run to end, such as 60s.",
)

no_materialize_option = click.option("--no-materialize", is_flag=True, help="Deliver to no target.")

selection_options = _stack(
    click.option(
        "--select",
        "-s",
        cls=Option,
        also=("--nodes",),
        multiple=True,
        metavar="EXPR",
        shell_complete=complete_nodes,
        help="Nodes to work on: names, +name, name+, tag:, kind:, path:, wildcards.",
    ),
    click.option("--exclude", multiple=True, metavar="EXPR", help="Nodes to leave out."),
    click.option(
        "--kinds",
        "types",
        cls=Option,
        also=("--types", "--kind"),
        multiple=True,
        metavar="KINDS",
        help="Only nodes of these kinds.",
    ),
    click.option("--tags", multiple=True, metavar="TAGS", help="Only nodes with one of these."),
    click.option("--exclude-tags", multiple=True, metavar="TAGS", help="Not nodes with these."),
    click.option(
        "--schedule",
        "schedules",
        multiple=True,
        metavar="SCHEDULE",
        help="Only nodes of this schedule, and those that run along: '0 6 * * * Europe/Berlin'.",
    ),
)

project_options = _stack(
    click.option(
        "--var",
        "variables",
        cls=Option,
        also=("--params",),
        multiple=True,
        metavar="KEY=VALUE",
        help="Set a variable of the project; may be repeated.",
    ),
    profile_option,
)

planning_options = _stack(
    click.option("--full", is_flag=True, help="Run every selected node, changed or not."),
    click.option(
        "--refresh",
        is_flag=False,
        flag_value="",
        metavar="[SOURCES]",
        help="Read sources again, all of them or the ones named.",
    ),
    no_materialize_option,
    click.option("--verify", is_flag=True, help="Read every stored output to check its hash."),
    click.option("--date", metavar="DATE", help="The day that today and run_date mean."),
    click.option(
        "--engine",
        "target",
        cls=Option,
        also=("--target",),
        metavar="NAME",
        show_default="dev",
        help="The engine of profiles.yml to run on.",
    ),
)


def request(
    *,
    command: str,
    variables: Iterable[str] = (),
    date: str | None = None,
    refresh: str | None = None,
    **options: Any,
) -> Request:
    """A request from a command's options, under the options' own names."""
    from seeknal.plan.session import Request

    for name in ("types", "tags", "exclude_tags"):
        if name in options:
            options[name] = words(options[name])
    return Request(
        command=command,
        variables=_dated(read_variables(variables), date),
        refresh=None if refresh is None else tuple(words([refresh])),
        **options,
    )


def words(values: Iterable[str]) -> tuple[str, ...]:
    """Words of options that take several, separated by comma or space."""
    return tuple(word for value in values for word in value.replace(",", " ").split())


def identifiers(values: Iterable[str]) -> tuple[str, ...]:
    """The same of names of columns: one with such a sign in it stands in quotes, as in SQL."""
    found = (part for value in values for part in _IDENTIFIER.finditer(value))
    return tuple(
        part["plain"] if part["plain"] is not None else part["quoted"].replace('""', '"')
        for part in found
    )


def from_here(path: Path) -> Path:
    """A path as it is written from the current folder, where it lies below that."""
    try:
        found = path.relative_to(Path.cwd())
    except (ValueError, OSError):
        return path
    return found if found.parts else path


def read_variables(entries: Iterable[str]) -> dict[str, object]:
    """``key=value`` pairs; a JSON object, as of seeknal 2.x, and YAML, as of dbt, are taken too."""
    variables: dict[str, object] = {}
    for entry in entries:
        if _YAML.match(entry):
            variables |= _mapping(entry)
            continue
        key, equals, value = entry.partition("=")
        if not equals or not key.strip():
            raise UsageError(
                f"--var {entry!r} is not key=value", code="SK0253", help="--var day=2026-01-31"
            )
        variables[key.strip()] = scalar(value)
    return variables


_IDENTIFIER = Pattern(r'"(?P<quoted>(?:[^"]|"")+)"(?=[\s,]|$)|(?P<plain>[^\s,]+)')
_YAML = Pattern(r"\s*(?:\{|\w+\s*:(?:\s|$))")


def _mapping(text: str) -> dict[str, object]:
    try:
        read = json.loads(text)
    except ValueError:
        from seeknal.project.yaml_files import read_documents

        documents, problems = read_documents(text, "--var")
        read = documents[0].data if len(documents) == 1 and not len(problems) else None
    if not isinstance(read, dict):
        message = f"--var {text!r} is neither JSON nor YAML of values by their names"
        raise UsageError(message, code="SK0253", help="--var day=2026-01-31") from None
    return {str(key): value for key, value in read.items()}


def scalar(text: str) -> object:
    """A value as YAML would read it: true, false, a number, or text."""
    if text in ("true", "false"):
        return text == "true"
    for number in (int, float):
        try:
            # A leading zero or an underscore is somebody's identifier, not a number.
            if text.lstrip("-").isdecimal() and str(int(text)) != text:
                return text
            return number(text) if "_" not in text else text
        except ValueError:
            continue
    return text


def _dated(variables: dict[str, object], date: str | None) -> dict[str, object]:
    if date is None:
        return variables
    from datetime import date as dates

    try:
        day = dates.fromisoformat(date)
    except ValueError:
        raise UsageError(
            f"--date {date!r} is not a date", code="SK0254", help="write it as 2026-01-31"
        ) from None
    return {**_dates_of(day), **variables}


def _dates_of(day: datetime.date) -> dict[str, str]:
    """The dates that templates may name, as they are on ``day``."""
    from datetime import timedelta

    month = day.replace(day=1)
    next_month = (month + timedelta(days=31)).replace(day=1)
    dates = {
        "today": day,
        "run_date": day,
        "yesterday": day - timedelta(days=1),
        "month_start": month,
        "year_start": day.replace(month=1, day=1),
        "start_date": month,
        "end_date": next_month - timedelta(days=1),
    }
    return {name: value.isoformat() for name, value in dates.items()}
