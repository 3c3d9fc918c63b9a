"""Whether what is installed beside this seeknal is of the same major version.

Installers let a later command undo what an earlier one asked for: an old core or plugin may be
there, or what is left of one, and would fail in ways that nobody understands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from seeknal.kernel.distributions import distributions
from seeknal.kernel.installing import CORE, install_command
from seeknal.values.errors import PluginError
from seeknal.values.patterns import Pattern

_REQUIREMENT = Pattern(
    r"seeknal(?![\w.-])\s*(\[[^]]*\])?\s*\(?(?P<versions>[^;)@]*)\)?\s*([;@].*)?", re.IGNORECASE
)
_CLAUSE = Pattern(r"\s*(?P<sign>[<>=!~]=?=?)\s*(?P<major>\d+)(?P<rest>[\d.]*)")


def check_core() -> None:
    """Raises PluginError when a seeknal of another major version is in this environment."""
    for found in distributions():
        if found.key == CORE and _major(found.version) != _major(_ours()):
            raise PluginError(
                f"seeknal {found.version} is installed beside this seeknal {_ours()}:"
                f" {found.location}",
                code="SK1003",
                help="pip uninstall seeknal, until it finds nothing more; then install this one"
                " again, or do so in a new environment",
            )


def check_plugin(
    name: str, distribution: str, version: str, *, asks: str | None, ours: bool
) -> None:
    """Raises PluginError for a plugin that another major version of seeknal needs.

    ``asks``: the versions of seeknal that its distribution asks for. ``ours``: whether it is one
    of those that are released together with seeknal, and have its version.
    """
    if ours and _major(version) != _major(_ours()):
        raise PluginError(
            f"{distribution} {version} is for seeknal {_major(version)}, and this is {_ours()}",
            code="SK1004",
            help=install_command(distribution),
        )
    if asks is not None and not all(map(_clause_fits, asks.split(","))):
        raise PluginError(
            f"{distribution} {version} is for another seeknal: it asks for {asks},"
            f" and this is {_ours()}",
            code="SK1004",
            help="install a version of it that is for this one,"
            f" or leave it out: SEEKNAL_DISABLE_PLUGINS={name}",
        )


def asked_of_core(requirements: Iterable[str]) -> str | None:
    """The versions of seeknal in what a distribution requires; None when it says nothing."""
    for requirement in requirements:
        found = _REQUIREMENT.fullmatch(requirement)
        if found is not None:
            return found["versions"].strip() or None
    return None


def _clause_fits(clause: str) -> bool:
    found = _CLAUSE.match(clause)
    if found is None:
        return True
    asked, ours = int(found["major"]), _major(_ours())
    match found["sign"]:
        case "<":
            return ours < asked or (ours == asked and bool(found["rest"].strip(".0")))
        case "<=":
            return ours <= asked
        case ">" | ">=":
            return ours >= asked
        case "==" | "===" | "~=":
            return ours == asked
    return True


def _major(version: str) -> int:
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def _ours() -> str:
    from seeknal import __version__

    return __version__
