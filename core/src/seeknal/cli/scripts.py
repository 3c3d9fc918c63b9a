"""``python``: a project's scripts, where seeknal, its plugins and what they need are."""

from __future__ import annotations

import subprocess
import sys

import click

from seeknal.cli.app import Command
from seeknal.cli.invocation import Invocation


@click.command(
    "python",
    cls=Command,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="SCRIPT [ARGUMENT]...")
def python_command(arguments: tuple[str, ...]) -> int:
    """Run a script with the Python that seeknal is installed in.

    It need not be the one that a shell finds. Everything after SCRIPT goes to it, and its exit
    code is this command's; without SCRIPT it is Python itself.
    """
    folder = click.get_current_context().ensure_object(Invocation).folder
    code = subprocess.run([sys.executable, *arguments], cwd=folder).returncode
    # As a shell says that a signal ended it.
    return code if code >= 0 else 128 - code
