"""Options that several commands have: each idea has one name, one letter and one meaning.

A command that needs one of them takes it from here, a plugin's command from `seeknal.plugin`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from seeknal.kernel.plugin_types import Command

F = TypeVar("F", bound=Callable[..., Any])

STDOUT = Path("-")
"""What ``--output`` is given for standard output."""


def this_command() -> Command:
    """What the command that is being carried out works on. Raises RuntimeError outside of one."""
    found: Command = click.get_current_context().find_root().obj
    return found


ALL_STEPS = 1_000_000
"""More than there are between any two nodes."""


class Option(click.Option):
    """An option with spellings that still work but are shown nowhere: ``also``."""

    def __init__(self, *arguments: Any, also: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.also = tuple(also)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        shown = self.opts
        self.opts = [*shown, *self.also]
        try:
            super().add_to_parser(parser, ctx)
        finally:
            self.opts = shown


def format_option(*formats: str, shown: str | None = None) -> Callable[[F], F]:
    """``--format``, the first of ``formats`` being the default unless ``shown`` says which is."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0] if shown is None else None,
        show_default=shown or True,
        help="How the answer is written to stdout.",
    )


def output_option(function: F) -> F:
    """``--output``: a file, or a folder, instead of where it is written else."""
    return click.option(
        "--output",
        "-o",
        cls=Option,
        also=("--out",),
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="Write here instead.",
    )(function)


def profile_option(function: F) -> F:
    """``--profile``: another profiles.yml."""
    return click.option(
        "--profile",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="The profiles.yml to use instead of the project's.",
    )(function)


def environment_option(
    *,
    default: str | None = "prod",
    shown: str | bool = True,
    callback: Callable[[click.Context, click.Parameter, str | None], str | None] | None = None,
) -> Callable[[F], F]:
    """``--env``, as ``environment``: ``default`` when none is named, which ``shown`` calls."""
    return click.option(
        "--env",
        "environment",
        metavar="ENV",
        default=default,
        show_default=shown,
        callback=callback,
        help="The environment.",
    )


def connection_option(function: F) -> F:
    """``--connection``: which connection of profiles.yml; None where none was named."""
    return click.option(
        "--connection", metavar="NAME", help="The connection of profiles.yml that is asked."
    )(function)


def yes_option(function: F) -> F:
    """``--yes``: the answer to what would be asked."""
    return click.option("--yes", "-y", is_flag=True, help="Do not ask.")(function)


def dry_run_option(function: F) -> F:
    """``--dry-run``: what would be done, and nothing of it."""
    return click.option(
        "--dry-run",
        cls=Option,
        also=("--show-plan",),
        is_flag=True,
        help="Only show what would be done.",
    )(function)


def force_option(function: F) -> F:
    """``--force``: over what is in the way."""
    return click.option(
        "--force", is_flag=True, help="Go ahead in spite of what is there, though it may be newer."
    )(function)


def to_option(*, required: bool = False) -> Callable[[F], F]:
    """``--to``: the number of what is gone back to."""
    return click.option(
        "--to",
        metavar="N",
        type=click.IntRange(1),
        required=required,
        show_default=False if required else "the one before",
        help="What to go back to, by its number.",
    )


def limit_option(default: int | None, *, shown: str | None = None) -> Callable[[F], F]:
    """``--limit``: how many rows or lines; ``shown`` says what no ``default`` means."""
    return click.option(
        "--limit",
        metavar="N",
        type=click.IntRange(0),
        default=default,
        show_default=shown or True,
        help="Show no more than so many; 0 is all.",
    )


def span_options(function: F) -> F:
    """``--start`` and ``--end``: a span of time, as texts; None where it has no such end."""
    start = click.option(
        "--start", metavar="TIME", help="From when on: 2024-06-01, 2024-06-01 06:00."
    )
    end = click.option("--end", metavar="TIME", help="Up to when; a date counts whole.")
    return start(end(function))


def downstream_option(function: F) -> F:
    """``--downstream``: how many steps to readers, None without it."""
    return click.option(
        "--downstream",
        metavar="[N]",
        type=click.IntRange(0),
        is_flag=False,
        flag_value=ALL_STEPS,
        help="Steps to its readers; all where no number is given.",
    )(function)


def allow_files_option(function: F) -> F:
    """``--allow-files``: queries that read any file."""
    return click.option("--allow-files", is_flag=True, help="Let queries read any file.")(function)


def quiet_option(function: F) -> F:
    """``--quiet``: failures only."""
    return click.option("--quiet", "-q", is_flag=True, help="Print failures only.")(function)


def verbose_option(function: F) -> F:
    """``--verbose``: all that there is to say."""
    help = "Say all: every problem, where the time went, what nodes log."
    return click.option("--verbose", "-v", is_flag=True, help=help)(function)


def explain_option(function: F) -> F:
    """``--explain``: reasons beside what is shown."""
    return click.option("--explain", is_flag=True, help="Say why each change has its category.")(
        function
    )
