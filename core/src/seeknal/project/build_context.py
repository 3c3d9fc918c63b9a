"""What a node is built in: plugins, templates' names, the other nodes, defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.kernel.plugins import Plugins
from seeknal.project.defaults import NodeDefaults
from seeknal.project.own_audits import OwnAudits
from seeknal.project.profile.endpoints import Endpoints
from seeknal.project.templates.rendering import Scope, has_template
from seeknal.values.credentials import shown_word
from seeknal.values.names import NodeId
from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from seeknal.values.location import Location


@frozen(kw_only=True)
class BuildContext:
    """Everything that building a node looks at beside the node's own keys."""

    root: Path
    plugins: Plugins
    scope: Scope
    known: Collection[NodeId]
    source_defaults: Mapping[str, Mapping[str, object]] = field(factory=dict)
    sections: Mapping[str, object] = field(factory=dict)
    """The sections of the profile that targets of a type start with, as their classes."""
    connections: Endpoints | None = None
    """None: there is no profile, or none that can be read."""
    has_profile: bool = True
    asked: Mapping[str, Collection[str]] = field(factory=dict)
    """The keys that each connection sets, by its name."""
    node_defaults: NodeDefaults = field(factory=NodeDefaults)
    own_audits: OwnAudits = field(factory=OwnAudits)
    provenance: bool = False
    """What sources keep of where rows are from, unless they say otherwise."""


def unknown_type(what: str, name: str, plugins: Plugins, asked: Collection[str] = ()) -> str:
    """Help for a type that nothing declares: what to install, the nearest, or all.

    ``asked`` are the keys of the connection that it is for.
    """
    from seeknal.values.errors import did_you_mean

    known = {
        "source type": plugins.source_types,
        "target type": plugins.target_types,
        "connection type": plugins.connection_types,
    }[what]
    listed = f"known: {', '.join(sorted(known)) or 'none'}"
    return plugins.missing(what, name, asked) or did_you_mean(name, known) or listed


NO_PROFILE = "write one beside seeknal_project.yml, or say --profile PATH"


def no_profile(name: str) -> str:
    """What is said of a connection where nothing says what connections there are."""
    return f"connection {shown_word(name)!r} is used, but there is no profiles.yml"


def unknown_connection(
    name: str, around: BuildContext, location: Location, node: NodeId
) -> Problem | None:
    """A source or a target names a connection that no profile has; None where it may have one."""
    from seeknal.values.errors import did_you_mean

    if not around.has_profile:
        # It may be on the machine that runs the node.
        return Problem(
            code="SK0603",
            message=no_profile(name),
            location=location,
            help=NO_PROFILE,
            node=node,
            severity="warn",
        )
    known = around.connections
    if known is None or name in known:
        return None
    help = did_you_mean(name, known) or f"connections: {', '.join(sorted(known)) or 'none'}"
    return Problem(
        code="SK0604",
        message=f"unknown connection {shown_word(name)!r}",
        location=location,
        help=help,
        node=node,
    )


def unfilled_problem(key: str, value: str, location: Location, node: NodeId) -> Problem | None:
    """A place that is written as a template: one that moves would be lost at each move."""
    if not has_template(value):
        return None
    return Problem(
        code="SK0404",
        message=f"templates are not filled in in {key}: {value!r} would be the name itself",
        location=location,
        help="write the place out; an environment has one of its own, and variables are filled in"
        " in SQL, query: and audits",
        node=node,
    )


def outside_problem(path: str, location: Location, node: NodeId) -> Problem:
    """A path that leaves the project without leave to."""
    return Problem(
        code="SK0216",
        message=f"{path!r} lies outside the project",
        location=location,
        help="keep it below the project, or say allow_outside: true",
        node=node,
    )
