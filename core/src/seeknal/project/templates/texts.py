"""The texts of one node that may hold templates, and what they depend on beside its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from seeknal.project.templates.rendering import render

if TYPE_CHECKING:
    from seeknal.project.templates.calls import Calls
    from seeknal.project.templates.rendering import Rendered, Scope
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.problems import Problems


class NodeTexts:
    """Fills in templates, and gathers of all texts what makes them change by themselves."""

    def __init__(self, node: NodeId, scope: Scope, problems: Problems) -> None:
        self.node = node
        self.scope = scope
        self.problems = problems
        self.dated = False
        self.volatile: str | None = None
        self.tracked = False
        """Whether the texts may name the ends of the range that is processed."""

    def filled_in(
        self,
        text: str,
        params: Mapping[str, object],
        start: Location,
        calls: Calls | None = None,
        dialect: str = "duckdb",
        own: Mapping[str, object] = MappingProxyType({}),
    ) -> Rendered:
        """``text``, which begins at ``start``, with its templates and ``own`` names filled in."""
        rendered = render(
            text,
            self.scope,
            params,
            start,
            self.problems,
            self.node,
            calls=calls,
            ranged=dialect if self.tracked else None,
            own=own,
        )
        self.gather(rendered.dated, rendered.volatile)
        return rendered

    def gather(self, dated: bool, volatile: str | None) -> None:
        """Note that a text says another thing on another day, or why it may at any time."""
        self.dated |= dated
        self.volatile = self.volatile or volatile
