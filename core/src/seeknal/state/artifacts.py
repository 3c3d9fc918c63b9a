"""The store of artifacts: immutable Parquet files that are whole, durable and vouched for."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import file_digest
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeVar

from attrs import evolve

from seeknal.host.files import is_abandoned, sync, temporary_name
from seeknal.state.aside import move_aside
from seeknal.state.catalog import Catalog
from seeknal.state.composing import one_of_each_file, with_stats
from seeknal.state.links import is_current, move_symlink, new_symlink, replace_link
from seeknal.state.part_links import folder_behind, link_parts, orphans
from seeknal.values.errors import StateError
from seeknal.values.names import PRODUCTION
from seeknal.values.patterns import Pattern
from seeknal.values.snapshot import Artifact, Part

if TYPE_CHECKING:
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId

Health = Literal["ok", "missing", "damaged"]
Stat = tuple[int, int, int, int, int]
Stored = TypeVar("Stored", Artifact, Part)
"""What names one file and says what is in it."""

_WELL: Health = "ok"
_WORST_FIRST: tuple[Health, ...] = ("damaged", "missing")

_MAGIC = b"PAR1"
_SMALLEST = len(_MAGIC) + 4 + len(_MAGIC)
_NAME = Pattern(r"[0-9A-Za-z]+-[0-9a-f]{16}\.parquet")
_READ_ONLY = 0o444


class Artifacts:
    """Stored outputs below ``target``. Thread-safe; only the lock's holder may change them."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._base = str(target)
        self._cache = target / "cache"
        self._candidates = self._cache / ".candidates"
        self._intermediate = target / "intermediate"
        self._environments = target / "environments"
        self._twins = target / ".links"
        # A pid would not do: in a container it may be the dead run's own.
        self._mine = os.urandom(4).hex()
        self._numbers = count(1)
        self._placed: dict[NodeId, list[str]] = {}

    def candidate(self, node: NodeId, run_id: str) -> Path:
        """Where a new output is written before it is published: a name that nobody has."""
        self._candidates.mkdir(parents=True, exist_ok=True)
        number = next(self._numbers)
        return self._candidates / f"{run_id}.{self._mine}.{number}.{node}.parquet"

    def prepare(self, nodes: Iterable[NodeId]) -> None:
        """Make the folders of nodes that will be published, durably, all at once.

        `publish` makes a missing one too; this spares it a wait for the disk for each.
        """
        changed: dict[Path, None] = {}
        for node in nodes:
            folder = self._cache / node.kind / node.name
            new = [path for path in (self._cache, folder.parent, folder) if not path.is_dir()]
            folder.mkdir(parents=True, exist_ok=True)
            changed |= dict.fromkeys(path.parent for path in new)
        for path in changed:
            sync(path)

    def publish(
        self,
        node: NodeId,
        candidate: Path,
        *,
        fingerprint: str,
        rows: int,
        columns: Sequence[Column],
    ) -> Artifact:
        """Make a candidate durable, read-only and known under its content's name.

        Raises StateError, and publishes nothing, when it is no whole Parquet file.
        """
        facts = self._published(node, candidate, fingerprint)
        return Artifact(rows=rows, columns=tuple(columns), **facts)

    def publish_part(
        self,
        node: NodeId,
        candidate: Path,
        *,
        fingerprint: str,
        rows: int,
        columns: Sequence[Column],
        start: int,
        end: int,
    ) -> Part:
        """The same for the rows of a tracked node of one span of time: no file where none are.

        Raises StateError, and publishes nothing, when it is no whole Parquet file.
        """
        part = Part(start=start, end=end, rows=rows, columns=tuple(columns))
        if rows == 0:
            candidate.unlink()
            return part
        part = evolve(part, **self._published(node, candidate, fingerprint))
        wide = any("HUGEINT" in column.type for column in columns)
        return evolve(part, wide=wide and _is_wide(self._target / part.path))

    def _published(self, node: NodeId, candidate: Path, fingerprint: str) -> dict[str, Any]:
        """Publish a file; gives what an artifact and a part say of theirs."""
        with candidate.open("rb") as file:
            _check_whole(file, candidate, node)
            digest = file_digest(file, "sha256").hexdigest()
            os.fchmod(file.fileno(), _READ_ONLY)
            os.fsync(file.fileno())
        path = self._folder(node) / f"{fingerprint}-{digest[:16]}.parquet"
        new = not os.path.lexists(path)
        self._place(candidate, path, digest)
        if new:
            self._placed.setdefault(node, []).append(path.relative_to(self._target).as_posix())
        status = path.stat()
        return {
            "path": path.relative_to(self._target).as_posix(),
            "size": status.st_size,
            "sha256": digest,
            "stat": _stat(status),
        }

    def described(self, path: Path, rows: int, columns: Sequence[Column]) -> Artifact:
        """A Parquet file elsewhere as an artifact that is not in the store."""
        status = path.stat()
        return Artifact(
            path=str(path),
            size=status.st_size,
            sha256=_digest(path),
            rows=rows,
            columns=tuple(columns),
            stat=_stat(status),
        )

    def path(self, file: Artifact | Part) -> Path:
        """Where the file is, or was, of an artifact or a part; of one of parts only its name."""
        return self._target / file.path

    def paths(self, artifact: Artifact) -> list[Path]:
        """Where an artifact's files are, or were, each once."""
        return [self._target / path for path in artifact.files]

    def scan(self, artifact: Artifact) -> str:
        """What stands after FROM to read an artifact, with its columns' own types."""
        from seeknal.sql.partscan import scan_of_artifact

        return scan_of_artifact(artifact, self._base)

    def scan_between(self, artifact: Artifact, start: int, end: int) -> str:
        """The same of rows whose time is in [start, end), of an artifact that is made of parts.

        Names only the files in which some can be.
        """
        from seeknal.sql.partscan import scan_between

        return scan_between(artifact, self._base, start, end)

    def scan_of_part(self, artifact: Artifact, part: Part) -> str:
        """The same of the rows of one of its parts."""
        from seeknal.sql.partscan import scan_of_part

        return scan_of_part(artifact, part, self._base)

    def verify(self, artifact: Artifact, deep: bool = False) -> tuple[Health, Artifact]:
        """Whether the files are what was published, and the artifact as it now stands.

        A file's content is hashed only when ``deep``, or when anything that stat shows is another;
        the artifact that is given back holds the stat that was found, so that keeping it
        spares the next hash. Of parts, the worst counts. Changes nothing.
        """
        if not artifact.composed:
            return self._verify(artifact, deep)
        found = {part.path: self._verify(part, deep) for part in one_of_each_file(artifact)}
        seen = {health for health, _ in found.values()}
        health = next((health for health in _WORST_FIRST if health in seen), _WELL)
        return health, with_stats(artifact, {path: part.stat for path, (_, part) in found.items()})

    def _verify(self, file: Stored, deep: bool) -> tuple[Health, Stored]:
        path = os.path.join(self._base, file.path)
        try:
            status = os.lstat(path)
            if not stat.S_ISREG(status.st_mode) or status.st_size != file.size:
                return "damaged", file
            if not deep and _stat(status) == file.stat:
                return "ok", file
            if _digest(Path(path)) != file.sha256:
                return "damaged", file
        except (FileNotFoundError, NotADirectoryError):
            return "missing", file
        except OSError:
            # A file that the disk or its owner will not give us is as good as damaged.
            return "damaged", file
        return "ok", evolve(file, stat=_stat(status))

    def is_whole(self, artifact: Artifact) -> bool:
        """Whether its files are there, and what was published."""
        return self.verify(artifact)[0] == "ok"

    def is_file_whole(self, file: Stored) -> bool:
        """Whether one file is there, and what was published."""
        return self._verify(file, deep=False)[0] == "ok"

    def renamed(self, artifact: Artifact) -> Artifact:
        """The artifact after names of its files came or went, which moves their ctime alone.

        Only for who holds the lock and did that: nobody else's change is looked past.
        """
        if not artifact.composed:
            return evolve(artifact, stat=self._renamed(artifact))
        parts = one_of_each_file(artifact)
        return with_stats(artifact, {part.path: self._renamed(part) for part in parts})

    def _renamed(self, file: Artifact | Part) -> Stat:
        try:
            size, modified, _, inode, device = found = stat_of(self._target / file.path)
        except OSError:
            return file.stat
        known = (*file.stat[:2], *file.stat[3:])
        return found if (size, modified, inode, device) == known else file.stat

    def set_aside(self, artifact: Artifact) -> Path | None:
        """Rename what is damaged of an artifact to ``*.damaged-<time>``; gives the first of it.

        None when it is gone anyway.
        """
        if artifact.composed:
            parts = one_of_each_file(artifact)
            damaged = [part.path for part in parts if self._verify(part, deep=True)[0] == "damaged"]
        else:
            damaged = [artifact.path]
        there = [self._target / path for path in damaged if os.path.lexists(self._target / path)]
        return next(iter([move_aside(path, "damaged") for path in there]), None)

    def link_current(self, node: NodeId, artifact: Artifact, environment: str = PRODUCTION) -> None:
        """Let the node's stable name be this artifact.

        ``target/intermediate/<kind>_<name>.parquet``, and for other environments
        ``target/environments/<environment>/<kind>_<name>.parquet``. For one that is made of
        parts this is a folder.
        """
        link, text = self._link(node, environment), f"../{artifact.path}"
        if artifact.composed:
            link_parts(self._prepare_links(environment) / link.name, artifact, self._target)
            return
        path = self.path(artifact)
        if not is_current(link, path, text):
            self._prepare_links(environment)
            before = folder_behind(link)
            replace_link(link, path, text, str(self._twin(artifact.path)))
            _remove_folder(before)

    def link_all(self, environment: str, artifacts: Mapping[NodeId, Artifact]) -> None:
        """`link_current` for many nodes at once."""
        folder = self._prepare_links(environment)
        # Text, not paths, and few questions to the file system: there may be thousands, and this
        # is all that a promotion costs.
        there = set(os.listdir(folder))
        temporary = str(temporary_name(folder / "link"))
        for node, artifact in artifacts.items():
            name = f"{node.kind}_{node.name}.parquet"
            link, text = f"{folder}/{name}", f"../{artifact.path}"
            twin = str(self._twin(artifact.path))
            done = not artifact.composed and (
                move_symlink(link, text, twin, temporary)
                if name in there
                else new_symlink(link, text, twin)
            )
            if not done:
                self.link_current(node, artifact, environment)

    def unnamed(self, environment: str, nodes: Iterable[NodeId]) -> list[NodeId]:
        """The nodes that have no stable name, by one look at the folder of them."""
        try:
            there = set(os.listdir(self._links(environment)))
        except FileNotFoundError:
            there = set()
        return [node for node in nodes if f"{node.kind}_{node.name}.parquet" not in there]

    def unrecorded(self, environment: str, nodes: Iterable[NodeId]) -> Callable[[Path], bool]:
        """Whether a stored file may be behind a stable name that none of ``nodes`` has."""
        named = {self._link(node, environment).name for node in nodes}
        others = {path.name for path in _entries(self._links(environment))} - named

        def is_behind(path: Path) -> bool:
            kind, name, *_ = path.relative_to(self._cache).parts
            return f"{kind}_{name}.parquet" in others

        return is_behind

    def shown(self, node: NodeId, environment: str) -> str:
        """The node's stable name, from the project's folder on."""
        return self._link(node, environment).relative_to(self._target.parent).as_posix()

    def unlink_current(self, node: NodeId, environment: str = PRODUCTION) -> None:
        """Take away the node's stable name; the artifact stays."""
        _take_away(self._link(node, environment))

    def unlink_others(self, environment: str, nodes: Collection[NodeId]) -> None:
        """Take away the stable names of all but ``nodes``."""
        kept = {self._link(node, environment) for node in nodes}
        for path in _entries(self._links(environment)):
            kind, _, name = path.name.removesuffix(".parquet").partition("_")
            cached = self._cache / kind / name
            if path.is_symlink() and path not in kept and cached.is_dir():
                _take_away(path)

    def unlink_all(self, environment: str) -> None:
        """Remove an environment's stable names, what was delivered there, and its catalog."""
        import shutil

        Catalog(self._target, environment).remove()
        shutil.rmtree(self._links(environment), ignore_errors=True)

    def remove_leftovers(self) -> int:
        """Remove the temporary files and folders of runs that died; gives how many there were."""
        dead = self.leftovers()
        for path in dead:
            if path.is_dir() and not path.is_symlink():
                _remove_folder(path)
            else:
                path.unlink(missing_ok=True)
        return len(dead)

    def leftovers(self) -> list[Path]:
        """The temporary files and folders of runs that died."""
        ours = f".{self._mine}."
        dead = [path for path in _entries(self._candidates) if ours not in path.name]
        links = (self._intermediate, *_entries(self._environments))
        for folder in (self._target, *links):
            dead += [path for path in _entries(folder) if is_abandoned(path)]
        return dead + [path for folder in links for path in orphans(folder)]

    def stored(self) -> list[Path]:
        """Every artifact that is there, whether anything refers to it or not."""
        found = self._cache.glob("*/*/*.parquet")
        return [path for path in found if _NAME.fullmatch(path.name)]

    def placed(self, node: NodeId) -> Sequence[str]:
        """The node's files, below ``target``, that were not there before this object made them."""
        return self._placed.get(node, ())

    def remove_placed(self, node: NodeId, path: str) -> None:
        """Remove one of what `placed` names, once nothing on record refers to it."""
        self._placed[node].remove(path)
        self.remove(self._target / path)

    def remove_empty_folders(self) -> None:
        """Remove the folders of nodes of which nothing is stored."""
        for folder in self._cache.glob("*/*"):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def remove(self, path: Path) -> None:
        """Remove an artifact that `stored` names, and the symlink that is kept for it."""
        # First the symlink: what dies in between leaves an artifact without, which is nothing.
        self._twin(path.relative_to(self._target).as_posix()).unlink(missing_ok=True)
        path.unlink()

    def _folder(self, node: NodeId) -> Path:
        folder = self._cache / node.kind / node.name
        if not folder.is_dir():
            # A folder's own name must be as durable as the file in it.
            self.prepare([node])
        return folder

    def _links(self, environment: str) -> Path:
        return self._intermediate if environment == PRODUCTION else self._environments / environment

    def _prepare_links(self, environment: str) -> Path:
        """The folder of an environment's stable names, from where ``../cache`` has artifacts."""
        folder = self._links(environment)
        folder.mkdir(parents=True, exist_ok=True)
        self._twins.mkdir(exist_ok=True)
        if environment != PRODUCTION:
            with suppress(OSError):
                os.symlink(f"../{self._cache.name}", self._environments / self._cache.name)
        return folder

    def _twin(self, path: str) -> Path:
        """Where the symlink is kept of which stable names of an artifact are further names."""
        return self._twins / path.partition("/")[2].replace("/", ".")

    def _link(self, node: NodeId, environment: str) -> Path:
        return self._links(environment) / f"{node.kind}_{node.name}.parquet"

    def _place(self, candidate: Path, path: Path, digest: str) -> None:
        if _holds(path, digest):
            candidate.unlink()
        else:
            if os.path.lexists(path):
                move_aside(path, "damaged")
            candidate.rename(path)
        # Also for a file that was there: the run that renamed it may have died right then.
        sync(path.parent)


def _check_whole(file: BinaryIO, path: Path, node: NodeId) -> None:
    size = os.fstat(file.fileno()).st_size
    head = file.read(len(_MAGIC))
    file.seek(max(0, size - 8))
    tail = file.read(8)
    file.seek(0)
    footer = int.from_bytes(tail[:4], "little")
    if size < _SMALLEST or head != _MAGIC or tail[4:] != _MAGIC or footer > size - _SMALLEST:
        raise StateError(
            f"the output of {node} is no whole Parquet file: {path.name}, {size:,} bytes",
            code="SK0807",
            help="run again; if it stays, look at the disk and at what wrote the file",
        )


def _is_wide(path: Path) -> bool:
    """Whether the file says of itself that it has integers as text."""
    from seeknal.sql.storage import WIDE_METADATA

    with path.open("rb") as file:
        file.seek(-8, os.SEEK_END)
        footer = int.from_bytes(file.read(4), "little")
        file.seek(-8 - footer, os.SEEK_END)
        return WIDE_METADATA.encode() in file.read(footer)


def _holds(path: Path, digest: str) -> bool:
    return path.is_file() and not path.is_symlink() and _digest(path) == digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def stat_of(path: Path) -> Stat:
    """What an artifact's ``stat`` is, of a file that was just verified or made."""
    return _stat(path.lstat())


def _stat(status: os.stat_result) -> Stat:
    return (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        status.st_dev,
    )


def _take_away(link: Path) -> None:
    """Remove a stable name, and the folder that it leads to where it is one of parts."""
    folder = folder_behind(link)
    link.unlink(missing_ok=True)
    _remove_folder(folder)


def _remove_folder(folder: Path | None) -> None:
    import shutil

    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
