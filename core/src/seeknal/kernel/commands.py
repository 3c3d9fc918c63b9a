"""Commands that distributions bring by their entry points."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click

from seeknal.values.errors import PluginError

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Installed


def load_command(found: Sequence[Installed]) -> click.Command:
    """The command that entry points of one name mean, imported.

    Raises PluginError where it cannot be, where it is none, and where there are several.
    """
    entry, *others = found
    if others:
        raise PluginError(
            f"command {entry.name!r} is declared by"
            f" {' and by '.join(each.origin for each in found)}",
            code="SK1002",
            help="uninstall one of them, or name its plugin in SEEKNAL_DISABLE_PLUGINS",
        )
    command = _imported(entry)
    if not isinstance(command, click.Command):
        raise _not_loaded(entry, f"{entry.module} is no command of click's")
    return command


def _imported(entry: Installed) -> object:
    module, _, attribute = entry.module.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except Exception as error:
        # Whatever a third party's module does must not take the other commands down.
        raise _not_loaded(entry, f"{type(error).__name__}: {error}") from error


def _not_loaded(entry: Installed, reason: str) -> PluginError:
    return PluginError(
        f"command {entry.name!r} of {entry.origin} could not be loaded: {reason}",
        help="install what it needs, or another version of it",
    )
