"""Whether stored outputs are what was published, looked at once per command."""

from __future__ import annotations

from seeknal.plan.finding import Health
from seeknal.state.artifacts import Artifacts
from seeknal.values.model import Artifact


class Verified:
    """Looks at each artifact once, and remembers those whose stat moved without their content."""

    def __init__(self, artifacts: Artifacts, deep: bool) -> None:
        self._artifacts = artifacts
        self._deep = deep
        self._seen: dict[str, Health] = {}
        self.moved: dict[str, Artifact] = {}

    def health(self, artifact: Artifact) -> Health:
        """Whether the stored file is what was published."""
        if artifact.path not in self._seen:
            health, found = self._artifacts.verify(artifact, deep=self._deep)
            self._seen[artifact.path] = health
            if found.stat != artifact.stat:
                self.moved[artifact.path] = found
        return self._seen[artifact.path]
