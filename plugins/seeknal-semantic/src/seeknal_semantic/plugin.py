"""The semantic layer's plugin: what it declares and the hooks it answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seeknal.plugin import hookimpl

if TYPE_CHECKING:
    from seeknal.plugin import NodeKind


@hookimpl
def node_kinds() -> Iterable[NodeKind]:
    from seeknal_semantic.kinds import KINDS

    return KINDS
