"""``plugins``: what is installed and what it adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seeknal.cli.app import Command
from seeknal.cli.render import plain, print_json, print_table
from seeknal.cli.streams import warn
from seeknal.kernel.command_options import format_option
from seeknal.kernel.plugins import load_plugins

if TYPE_CHECKING:
    from seeknal.kernel.plugins import PluginInfo


@click.command("plugins", cls=Command)
@format_option("table", "json")
def plugins_command(format_: str) -> None:
    """List the installed plugins and what they add.

    SEEKNAL_DISABLE_PLUGINS leaves plugins out (names separated by commas, or all).
    """
    plugins = load_plugins()
    infos = plugins.describe()
    if format_ == "json":
        from seeknal.cli.answers import told

        print_json([{**plain(info), "error": told(info.error)} for info in infos])
        return
    headers = ("plugin", "distribution", "version", "adds", "hooks")
    print_table(headers, [_row(info) for info in infos])
    for line in plugins.broken:
        warn(line)


def _row(info: PluginInfo) -> tuple[str, ...]:
    added = [f"{len(names)} {what}{'s' * (len(names) > 1)}" for what, names in info.types.items()]
    state = "broken" if info.error else ", ".join(added)
    return (info.name, info.distribution, info.version, state, ", ".join(info.hooks))
