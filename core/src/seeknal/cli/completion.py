"""``completion``: the shell's script, and the node names it offers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from seeknal.cli.app import PROGRAM, App, Command

COMPLETE = f"_{PROGRAM.upper()}_COMPLETE"


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the script that completes commands in a shell.

    For bash: eval "$(seeknal completion bash)" in ~/.bashrc.
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    print(found(App(), {}, PROGRAM, COMPLETE).source())


def node_names(folder: Path | None) -> list[str]:
    """Every node's id, from the parse cache where it is fresh; empty when files are wrong."""
    from seeknal.values.errors import SeeknalError

    with suppress(SeeknalError, OSError):
        from seeknal.kernel.plugins import load_plugins
        from seeknal.project.loader import find_root, load_project

        root = find_root(folder or Path.cwd())
        return [str(id) for id in load_project(root, load_plugins()).nodes]
    return []
