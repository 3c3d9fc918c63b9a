"""A node as its file says it, before anything is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.values.location import Location
from seeknal.values.marks import Marks
from seeknal.values.names import NodeId
from seeknal.values.node import PythonCode

if TYPE_CHECKING:
    from seeknal.project.python.reads import Reads


@frozen(kw_only=True)
class RawNode:
    """One YAML document or one decorated function, as a mapping of keys.

    ``code_hash`` is the hash of all the Python that the function reaches, ``reads`` what that
    reads beside its inputs.
    """

    kind: str
    name: str
    data: Mapping[str, object]
    marks: Marks
    location: Location
    python: PythonCode | None = None
    code_hash: str | None = None
    reads: Reads | None = None
    sql_at: Location | None = None
    """Where the SQL begins, when it stands in a file of its own."""

    @property
    def id(self) -> NodeId:
        return NodeId.of(self.kind, self.name)
