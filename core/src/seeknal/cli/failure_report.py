"""What a command that failed says: words and an exit code, and JSON where that was asked for."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from seeknal.cli.streams import has_answered, say
from seeknal.values.errors import SeeknalError, UsageError, nearest
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.cli.invocation import Invocation

_EXTRA = Pattern(r"extra arguments? \((.*)\)")
_CLICKS_INTEGER = Pattern(r"valid integer( range)?")


def report(error: Exception, invocation: Invocation) -> int:
    """Say on stderr what is wrong, and give the exit code that says so."""
    from seeknal.cli.failures import explain, message

    if isinstance(error, SeeknalError):
        say(explain(error, invocation.root))
        return error.exit_code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.format_message())
        return 2
    if isinstance(error, click.ClickException):
        say(message("error", "SK0250", _text_of(error), help=_help_for(error)))
        return 2
    if isinstance(error, OSError) and error.filename:
        text = f"{os.fsdecode(error.filename)}: {error.strerror or error}"
        help = "check that it is there, what it is, and its permissions"
        say(message("error", "SK0133", text, help=help))
        return 1
    text = f"{type(error).__name__}: {error}"
    say(message("error", "SK0001", text, help=_defect(invocation)))
    return 1


def _defect(invocation: Invocation) -> str:
    return f"this is a defect of {invocation.maker}; --debug shows where"


def answer_failure(error: Exception, arguments: list[str], invocation: Invocation) -> None:
    """Who asked for JSON gets JSON, also where the command failed before it answered."""
    if not _wants_json(arguments) or has_answered():
        return
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return
    from seeknal.cli.answers import failure_answer
    from seeknal.cli.render import print_json

    if isinstance(error, click.ClickException):
        help = _help_for(error)
        error = UsageError(_text_of(error), code="SK0250", help=help)
    print_json(failure_answer(error, _defect(invocation)))


def _wants_json(arguments: list[str]) -> bool:
    """Read from the words themselves: the command line may be what is wrong."""
    said = [word.partition("=")[2] for word in arguments if word.startswith("--format=")]
    said += [value for word, value in pairwise(arguments) if word == "--format"]
    return said[-1:] == ["json"]


def _text_of(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        return f"no such option {error.option_name}"
    text = error.format_message().strip().removesuffix(".")
    text = _CLICKS_INTEGER.sub("whole number", text)
    return text[:1].lower() + text[1:]


def _help_for(error: click.ClickException) -> str | None:
    from seeknal.values.other_tools import OPTIONS as OPTIONS_OF_OTHERS

    context = getattr(error, "ctx", None)
    if context is None:
        return None
    if isinstance(error, click.NoSuchOption):
        # Without the dashes, which make all options alike.
        params = context.command.get_params(context)
        options = [p for p in params if isinstance(p, click.Option)]
        others = OPTIONS_OF_OTHERS.get(context.info_name or "", ())
        names = [*(name for p in options for name in p.opts), *others]
        known = {name.lstrip("-"): name for name in names}
        if near := nearest(error.option_name.lstrip("-"), known, likeness=0.7):
            return f"did you mean {' or '.join(known[name] for name in near)}?"
    if (more := _EXTRA.search(error.format_message())) and (how := _several(context, more[1])):
        return how
    return f"{context.command_path} --help shows what it takes"


def _several(context: click.Context, more: str) -> str | None:
    """How an option takes several values, where words stand after one that can."""
    for option in context.command.params:
        given = context.params.get(option.name or "")
        if not isinstance(option, click.Option) or not option.multiple or not given:
            continue
        name, first = option.opts[0], given[-1]
        repeated = " ".join(f"{name} {word}" for word in (first, *more.split()))
        if option.name in ("select", "exclude"):
            return f"to name several, quote them: {name} '{first} {more}', or repeat it: {repeated}"
        return f"to give several, repeat it: {repeated}"
    return None


def show_traceback() -> None:
    """Say where the error that is handled now came from."""
    import traceback

    say(traceback.format_exc().rstrip())
