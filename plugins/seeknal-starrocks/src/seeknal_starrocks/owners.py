"""Who delivers to a table: a copy of a project, in an environment."""

from __future__ import annotations

import hashlib
import platform
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from seeknal.plugin import Context


@frozen(kw_only=True)
class Owner:
    """``copy`` tells copies of a project apart: by their folder and machine."""

    project: str
    environment: str
    copy: str

    def told_to(self, other: Owner) -> str:
        """Why what this one has delivered to is not the other's alone."""
        if (self.project, self.environment) != (other.project, other.environment):
            place = f"from environment {self.environment}"
            return f"project {self.project} delivered to it too, {place}"
        return "another copy of the project delivered to it too, from another folder or machine"


def owner_of(context: Context) -> Owner:
    """Who delivers, or drops, here."""
    said = f"{platform.node()}\n{context.project_root.resolve()}"
    copy = hashlib.sha256(said.encode()).hexdigest()[:12]
    return Owner(project=context.project, environment=context.environment, copy=copy)
