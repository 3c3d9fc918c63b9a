"""Which tests a command line means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from seeknal.unittests.files import FOLDER
from seeknal.values.errors import UsageError, did_you_mean, nearest

if TYPE_CHECKING:
    from seeknal.unittests.case import Case
    from seeknal.values.names import NodeId


def named(cases: Sequence[Case], names: Iterable[str], root: Path, here: Path) -> list[Case]:
    """The tests that any of ``names`` means, or all of them without a name.

    A name is that of a test, a node, with its kind or without, a file or folder from the project,
    from its tests or from ``here``, or ``FILE::NAME``. Raises UsageError for one that means none.
    """
    wanted = list(names)
    if not wanted:
        return list(cases)
    found: set[int] = set()
    for name in wanted:
        meant = {at for at, case in enumerate(cases) if _means(name, case, root, here)}
        if not meant:
            raise _unknown(name, cases, here)
        found |= meant
    return [case for at, case in enumerate(cases) if at in found]


def node_meant(name: str, nodes: Collection[NodeId]) -> str | None:
    """``did you mean KIND.NAME?`` for nodes that are called so, but for their kind, or nearly."""
    kind, _, plain = name.rpartition(".")
    same = [id for id in nodes if id.name.lower() == plain.lower()]
    alike = [id for id in nodes if id.kind == kind or not kind]
    near = nearest(plain, [id.name for id in alike])
    found = same or [id for each in near for id in alike if id.name == each]
    return f"did you mean {' or '.join(found[:3])}?" if found else did_you_mean(name, nodes)


def of_nodes(cases: Iterable[Case], nodes: Collection[NodeId]) -> list[Case]:
    """The tests of these nodes."""
    return [case for case in cases if case.node in nodes]


def _means(name: str, case: Case, root: Path, here: Path) -> bool:
    if name in (case.name, case.node, case.node.name, case.id):
        return True
    file, _, test = name.partition("::")
    if test and test != case.name:
        return False
    return any(_is_below(case.file, path) for path in _paths(file, root, here))


def _paths(name: str, root: Path, here: Path) -> list[str]:
    """A path as one from the project; the table of tests leaves out their folder."""
    found = [PurePosixPath(name).as_posix(), f"{FOLDER}/{PurePosixPath(name).as_posix()}"]
    full = (here / name).resolve()
    if full.is_relative_to(root.resolve()):
        found.append(full.relative_to(root.resolve()).as_posix())
    return found


def _is_below(file: str, path: str) -> bool:
    return file == path or (path != "." and file.startswith(f"{path.rstrip('/')}/"))


def _unknown(name: str, cases: Sequence[Case], here: Path) -> UsageError:
    if (here / name).is_file():
        help = "a test has test:, inputs: and expected_output:, in a *.yml file below tests/"
        return UsageError(f"{name} holds no test", code="SK1718", help=help)
    if not cases:
        return UsageError(f"no test is called {name!r}", code="SK1718", help="there are none yet")
    known = dict.fromkeys(word for case in cases for word in (case.name, str(case.node), case.file))
    some = ", ".join(list(dict.fromkeys(case.name for case in cases))[:5])
    help = did_you_mean(name, known) or f"there are {some}"
    return UsageError(
        f"no test, node with a test, or file is called {name!r}", code="SK1718", help=help
    )
