"""The rows of batches that are owed, kept where removing ``target`` does not reach them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.host.files import replacing, sync
from seeknal.state.artifacts import stat_of
from seeknal.state.composing import one_of_each_file
from seeknal.state.faults import writing
from seeknal.state.kept import FOLDER

if TYPE_CHECKING:
    from seeknal.state.artifacts import Artifacts, Stored
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Artifact


class BatchFiles:
    """Further names of stored outputs below ``.seeknal/deliveries/rows``; costs no copy.

    Only seeknal knows these names, so that nobody changes an output through one of them.
    """

    def __init__(self, root: Path, artifacts: Artifacts) -> None:
        self._folder = root / FOLDER / "rows"
        self._prefix = f"../{FOLDER.as_posix()}/rows/"
        self._artifacts = artifacts

    def keep(self, node: NodeId, artifact: Artifact) -> Artifact:
        """The output under a name that outlives ``target``; durable when this returns."""
        if not artifact.composed:
            return self._keep(node, artifact)
        kept = {part.path: self._keep(node, part) for part in one_of_each_file(artifact)}
        parts = (
            evolve(part, path=kept[part.path].path, stat=kept[part.path].stat)
            if part.path
            else part
            for part in artifact.parts
        )
        return evolve(artifact, parts=tuple(parts))

    def _keep(self, node: NodeId, file: Stored) -> Stored:
        path = self._folder / f"{node}.{file.sha256[:32]}.parquet"
        source = self._artifacts.path(file)
        kept = evolve(file, path=self._prefix + path.name)
        with writing(path):
            there = path.exists() and path.samefile(source)
            if not there and not self._artifacts.is_file_whole(kept):
                self._folder.mkdir(parents=True, exist_ok=True)
                _link(source, path)
            return evolve(kept, stat=stat_of(path))

    def keep_if_whole(self, node: NodeId, artifact: Artifact) -> Artifact:
        """The same of an output whose file is whole; any other as it is."""
        return self.keep(node, artifact) if self._artifacts.is_whole(artifact) else artifact

    def release(self, node: NodeId, wanted: Collection[str]) -> None:
        """Remove what is kept of a node and not among the ``wanted`` files of artifacts."""
        for path in self._folder.glob(f"{node}.*.parquet"):
            if self._prefix + path.name not in wanted:
                path.unlink(missing_ok=True)


def _link(source: Path, path: Path) -> None:
    path.unlink(missing_ok=True)
    try:
        os.link(source, path)
    except OSError:
        # Another disk, or a file system without links.
        with replacing(path) as temporary:
            shutil.copyfile(source, temporary)
            temporary.chmod(0o444)
        return
    sync(path.parent)
