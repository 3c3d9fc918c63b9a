"""What each generation of an environment changed: a small file each, read only when needed.

A file holds of every node that its generation changed the snapshot that it had before. So the
state itself holds no past, going back costs what changed, and forgetting the oldest is to
remove its file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.host.files import replacing, write_text
from seeknal.state.codec import Snapshots, decode_snapshot
from seeknal.state.ledger import Changes
from seeknal.state.sealed import seal, unseal
from seeknal.values.errors import StateError
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.values.snapshot import Snapshot


@frozen(kw_only=True)
class Generation:
    """One change of an environment's map: when, by which command, and how many nodes.

    ``closed`` is empty while its run goes on, and for ever when that was killed.
    """

    number: int
    at: str = ""
    closed: str = ""
    command: str = ""
    run_id: str = ""
    commit: str = ""
    note: str = ""
    changed: int = 0


class Generations:
    """The files below ``target/generations``. Readers need no lock."""

    def __init__(self, target: Path) -> None:
        self._folder = target / "generations"

    def keep(self, environment: str, number: int, changes: Changes) -> None:
        """Write what a generation changed; what the file already says was so before it.

        Raises OSError.
        """
        path = self._path(environment, number)
        known = _read(path)
        if known is not None and changes.head.get("at") in (None, known.head.get("at")):
            changes = Changes(
                head={**known.head, **changes.head}, before={**changes.before, **known.before}
            )
        before = {} if number == 1 else changes.before
        lines = [seal({**changes.head, "changed": len(changes.before)})]
        lines += [seal({"node": node, "before": found}) for node, found in before.items()]
        with replacing(path) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def drop(self, environment: str) -> None:
        """Forget every generation of an environment that is gone."""
        import shutil

        shutil.rmtree(self._folder / environment, ignore_errors=True)

    def remove(self, environment: str, number: int) -> None:
        """Forget one generation; those before it cannot be returned to any more either."""
        self._path(environment, number).unlink(missing_ok=True)

    def spare(
        self, environment: str, numbers: Iterable[int], wanted: Collection[tuple[NodeId, str]]
    ) -> None:
        """Keep outputs of generations that are forgotten next: by node and output id.

        What was kept so before and is wanted no more goes. Raises OSError.
        """
        known = self.spared(environment)
        going = [line for number in numbers for line in self.lines(environment, number)]
        found: dict[tuple[NodeId, str], str] = {}
        for line in (*known, *going):
            before = (unseal(line) or {}).get("before") or {}
            output = (NodeId(before.get("node", "")), str(before.get("output_id", "")))
            if output in wanted:
                found.setdefault(output, line)
        if [*found.values()] != known:
            write_text(self._spared(environment), "".join(f"{each}\n" for each in found.values()))

    def spared(self, environment: str) -> list[str]:
        """The sealed lines of outputs that are kept though their generations are not."""
        return _lines(self._spared(environment))

    def _spared(self, environment: str) -> Path:
        return self._folder / environment / "read.ndjson"

    def size(self, environment: str, number: int) -> int:
        """The bytes of a generation's file."""
        return self._path(environment, number).stat().st_size

    def numbers(self, environment: str) -> list[int]:
        """The generations that are kept, newest first."""
        names = (path.stem for path in (self._folder / environment).glob("*.ndjson"))
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    def environments(self) -> list[str]:
        """The environments of which any generation is kept."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if path.is_dir())

    def kept(self, environment: str, newest: int) -> list[Generation]:
        """The generations that are kept up to ``newest``, newest first."""
        found = []
        for number in self.numbers(environment):
            if number <= newest and (known := _read(self._path(environment, number), heads=True)):
                fields = {key: known.head[key] for key in _FIELDS if key in known.head}
                found.append(Generation(number=number, **fields))
        return found

    def earlier(
        self, environment: str, current: Mapping[NodeId, Any], newest: int, wanted: int
    ) -> Mapping[NodeId, Any]:
        """The map as it was at generation ``wanted``. Raises StateError when it is not kept.

        ``current`` is the map at generation ``newest``.
        """
        found = dict(current)
        for number in range(newest, wanted, -1):
            known = _read(self._path(environment, number))
            if known is None:
                raise StateError(
                    f"generation {wanted} of {environment} is no longer kept",
                    code="SK0821",
                    help=f"seeknal env history {environment} lists those that are",
                )
            decoded = Snapshots({k: v for k, v in known.before.items() if v is not None})
            for node in known.before:
                if node in decoded:
                    found[node] = decoded[node]
                else:
                    found.pop(node, None)
        return found

    def last(self, environment: str, newest: int, node: NodeId) -> Snapshot | None:
        """What a map had of a node before it went; None where a rollback has taken it away."""
        for number in self.numbers(environment):
            if number > newest or (known := _read(self._path(environment, number))) is None:
                continue
            if node in known.before:
                before = known.before[node]
                gone_back = str(known.head.get("command", "")).startswith("rollback")
                return None if gone_back or before is None else decode_snapshot(before)
        return None

    def lines(self, environment: str, number: int) -> list[str]:
        """The sealed lines of a generation, one for each node that it changed."""
        return _lines(self._path(environment, number))[1:]

    def _path(self, environment: str, number: int) -> Path:
        return self._folder / environment / f"{number}.ndjson"


_FIELDS = ("at", "closed", "command", "run_id", "commit", "note", "changed")


def _lines(path: Path) -> list[str]:
    """A file's sealed lines; none where it is missing."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _read(path: Path, *, heads: bool = False) -> Changes | None:
    """A file's content; None when it is missing or damaged anywhere."""
    try:
        with path.open(encoding="utf-8") as file:
            lines = [file.readline()] if heads else file.readlines()
    except (OSError, UnicodeDecodeError):
        return None
    entries = [unseal(line.removesuffix("\n")) for line in lines]
    if not entries or any(entry is None for entry in entries):
        return None
    head = dict(entries[0] or {})
    before = {NodeId(entry["node"]): entry["before"] for entry in entries[1:] if entry}
    return Changes(head=head, before=before)
