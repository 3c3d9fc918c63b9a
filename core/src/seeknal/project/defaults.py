"""What nodes start with: keys for all of them, and for those of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.kernel.options import convert
from seeknal.project import freshness
from seeknal.project.keys import NOT_SHARED, CommonKeys
from seeknal.project.time_keys import check_defaults
from seeknal.values.errors import did_you_mean

if TYPE_CHECKING:
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problems

_FOLDERS = "folders"
_NODES = "seeknal"


@frozen(kw_only=True)
class NodeDefaults:
    """``defaults:`` of a project; what is nearer to a node wins."""

    everywhere: Mapping[str, object] = field(factory=dict)
    folders: Mapping[str, Mapping[str, object]] = field(factory=dict)
    """By their paths below ``seeknal/``."""

    def of(self, file: str) -> Mapping[str, object]:
        """The keys that a node of this file starts with."""
        if not self.folders:
            return self.everywhere
        found = dict(self.everywhere)
        folder = PurePosixPath(file).parent
        for parent in (*reversed(folder.parents), folder):
            found |= self.folders.get(parent.as_posix(), {})
        return found


def read_defaults(
    defaults: Mapping[str, object], marks: Marks, problems: Problems, root: Path
) -> NodeDefaults:
    """What ``defaults:`` says; nothing of what is wrong with it, which is told."""
    folders = defaults.get(_FOLDERS)
    given = {key: value for key, value in defaults.items() if key != _FOLDERS}
    everywhere = given if _are_good(given, marks, problems) else {}
    if folders is None:
        return NodeDefaults(everywhere=everywhere)
    if not isinstance(folders, Mapping):
        problems.add("SK0201", "folders: is a mapping of folders to keys", marks.value(_FOLDERS))
        return NodeDefaults(everywhere=everywhere)
    found = {}
    for name, keys in folders.items():
        path = PurePosixPath(_NODES) / str(name)
        if _is_folder(path, str(name), marks.below(_FOLDERS), problems, root) and _is_mapping(
            keys, str(name), marks.below(_FOLDERS), problems
        ):
            assert isinstance(keys, Mapping)
            if _are_good(keys, marks.below(_FOLDERS, str(name)), problems):
                found[path.as_posix()] = keys
    return NodeDefaults(everywhere=everywhere, folders=found)


def _is_folder(
    path: PurePosixPath, name: str, marks: Marks, problems: Problems, root: Path
) -> bool:
    if (root / path).is_dir() and ".." not in path.parts:
        return True
    base = root / _NODES
    known = [entry.relative_to(base).as_posix() for entry in base.rglob("*") if entry.is_dir()]
    problems.add(
        "SK0247",
        f"there is no folder {path.as_posix()}",
        marks.key(name),
        did_you_mean(name, known) or f"paths are relative to {_NODES}/",
    )
    return False


def _is_mapping(keys: object, name: str, marks: Marks, problems: Problems) -> bool:
    if isinstance(keys, Mapping):
        return True
    problems.add("SK0201", f"{name}: takes the keys that its nodes start with", marks.key(name))
    return False


def _are_good(defaults: Mapping[str, object], marks: Marks, problems: Problems) -> bool:
    """Whether every key is one that any node may have."""
    before = len(problems)
    own = [key for key in defaults if key in NOT_SHARED]
    for key in own:
        problems.add("SK0221", f"{key}: is each node's own", marks.key(key), "say it in the nodes")
    rest = {key: value for key, value in defaults.items() if key not in own}
    common = convert(CommonKeys, {"kind": "", "name": "", **rest}, marks, problems)
    if common is not None:
        check_defaults(common, marks, problems)
        freshness.check_defaults(rest, common, marks, problems)
    return len(problems) == before
