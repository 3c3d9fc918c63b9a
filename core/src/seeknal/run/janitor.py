"""Removes what nothing refers to any more, item by item and as far as it gets."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.host import clock
from seeknal.host.files import abandoned_scratch, is_abandoned
from seeknal.plan.plugin_queries import context_of
from seeknal.plan.session import read_project, writing
from seeknal.state.archive import archive
from seeknal.state.artifacts import Artifacts
from seeknal.state.codec import decode_snapshot
from seeknal.state.definitions import Definitions
from seeknal.state.generations import Generations
from seeknal.state.ledger import EnvironmentState
from seeknal.state.sealed import unseal
from seeknal.state.store import StateStore
from seeknal.values.names import PRODUCTION
from seeknal.values.project import Retention

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot

GRACE = 60.0
"""Seconds for which a reader may still use what it found in the state."""

BUDGET = 1.0
"""Seconds that cleaning up at the end of a run may take."""

_AHEAD = 86_400.0
"""Seconds by which clocks differ at most; what is later was written by one that was wrong."""
_RUN = re.compile(r"\d{8}T\d{6}-[0-9a-f]+")
_MONTH = re.compile(r"(\d{4})-(\d{2})\.ndjson")


@frozen(kw_only=True)
class Item:
    """One thing that was, or would be, removed. ``error``: why it is still there."""

    kind: str
    what: str
    bytes: int = 0
    error: str | None = None


@frozen(kw_only=True)
class Chores:
    """A project's state while it is cleaned up, by the holder of its lock.

    ``before`` are the environments that readers may have found before this command.
    """

    target: Path
    store: StateStore
    retention: Retention
    before: Mapping[str, EnvironmentState]
    deleted: str = ""
    """When an environment was last deleted."""
    dry_run: bool = False
    grace: float = GRACE
    deadline: float | None = None

    def clean_up(self) -> Iterator[Item]:
        """What goes, one by one; it is gone when it is given."""
        steps = (
            self.remove_environments,
            self.remove_generations,
            self.shrink,
            self.remove_artifacts,
            self.remove_definitions,
            self.remove_samples,
            self.remove_leftovers,
            self.archive_history,
        )
        for step in steps:
            for item in step():
                yield item
                if self.deadline is not None and monotonic() > self.deadline:
                    return

    def remove_environments(self) -> Iterator[Item]:
        """Remove environments that were not used for as long as they may be kept."""
        now = clock.now()
        for name, environment in self.store.state.environments.items():
            if name == PRODUCTION or environment.ttl is None or not environment.updated:
                continue
            last = datetime.fromisoformat(environment.updated)
            if last + timedelta(seconds=environment.ttl) < now:
                yield self.attempt("environment", name, 0, partial(self.expire, name))

    def expire(self, name: str) -> None:
        """Delete an environment with its stable names."""
        self.store.delete(name)
        Artifacts(self.target).unlink_all(name)

    def remove_generations(self) -> Iterator[Item]:
        """Remove all but the newest generations of each environment, and those of none."""
        kept = self.kept_generations()
        known = self.store.state.environments
        for name in kept.environments():
            old = kept.numbers(name)[self.retention.output_retention :]
            if old and name in known and not self.dry_run:
                kept.spare(name, old, _read_by_parts(known[name]))
            for number in old:
                yield self.drop_generation(kept, name, number)
            if name not in known and not self.dry_run:
                kept.drop(name)

    def shrink(self) -> Iterator[Item]:
        """Remove the oldest generations, until what is referred to is no larger than it may be."""
        if self.retention.max_cache_size is None:
            return
        kept = self.kept_generations()
        ages = [
            (entry.at, name, entry.number)
            for name, environment in self.store.state.environments.items()
            for entry in kept.kept(name, environment.generation)
        ]
        gone: set[tuple[str, int]] = set()
        for _, name, number in sorted(ages):
            if self.size(self.references(skip=gone)) <= self.retention.max_cache_size:
                return
            gone.add((name, number))
            yield self.drop_generation(kept, name, number)

    def kept_generations(self) -> Generations:
        """Earlier generations; those of this very state too, unless nothing may be written."""
        return Generations(self.target) if self.dry_run else self.store.generations()

    def drop_generation(self, kept: Generations, name: str, number: int) -> Item:
        """Remove one generation; its outputs go with the next step, if nothing else needs them."""
        size = kept.size(name, number)
        what = f"{name}@{number - 1}"
        return self.attempt("generation", what, size, lambda: kept.remove(name, number))

    def size(self, paths: set[str]) -> int:
        """How many bytes these files take."""
        found = (self.target / path for path in paths)
        return sum(path.stat().st_size for path in found if path.is_file())

    def remove_artifacts(self) -> Iterator[Item]:
        """Remove outputs that no environment, no kept generation and no owed delivery needs."""
        if not self.retention.orphan_detection or not self.readers_are_gone():
            return
        kept = self.references()
        for environment in self.before.values():
            # Also of an environment that expired just now: somebody may be reading it.
            kept |= _paths(environment)
        artifacts = Artifacts(self.target)
        recorded = self.store.state.environments.get(PRODUCTION)
        unrecorded = artifacts.unrecorded(PRODUCTION, recorded.snapshots if recorded else ())
        for path in artifacts.stored():
            name = path.relative_to(self.target).as_posix()
            # Who has lost the state can put it back: some rows nothing could make again.
            if name not in kept and not unrecorded(path):
                remove = partial(artifacts.remove, path)
                yield self.attempt("output", name, path.lstat().st_size, remove)
        if not self.dry_run:
            artifacts.remove_empty_folders()

    def readers_are_gone(self) -> bool:
        """Whether nobody can still hold a map that is older than those known here."""
        now = time()
        changes = [*(environment.updated for environment in self.before.values()), self.deleted]
        moments = [datetime.fromisoformat(change).timestamp() for change in changes if change]
        # What a clock wrote that ran far ahead would keep everything until it comes true.
        return all(moment + self.grace <= now or moment > now + _AHEAD for moment in moments)

    def references(self, skip: Collection[tuple[str, int]] = ()) -> set[str]:
        """The paths of everything that may still be needed."""
        kept = self.kept_generations()
        found: set[str] = set()
        for name, environment in self.store.state.environments.items():
            found |= _paths(environment)
            for number in kept.numbers(name):
                if (name, number) not in skip:
                    found |= _paths_of_lines(kept.lines(name, number))
            found |= _paths_of_lines(kept.spared(name))
        return found

    def remove_definitions(self) -> Iterator[Item]:
        """Remove the SQL of definitions that nothing which is kept was built from."""
        if self.dry_run:
            return
        kept = self.kept_generations()
        wanted = set()
        for name, environment in self.store.state.environments.items():
            wanted |= {found.fingerprint.content for found in environment.snapshots.values()}
            for number in kept.numbers(name):
                entries = (unseal(line) for line in kept.lines(name, number))
                befores = (entry.get("before") for entry in entries if entry)
                wanted |= {before["fingerprint"][0] for before in befores if before}
        if freed := Definitions(self.target).keep_only(wanted):
            yield Item(kind="definitions", what="SQL of earlier definitions", bytes=freed)

    def remove_samples(self) -> Iterator[Item]:
        """Remove failing rows of runs that no kept output names and after which others came."""
        folders = [path for path in (self.target / "audits").glob("*") if _RUN.fullmatch(path.name)]
        folders.sort(key=lambda path: path.stat().st_mtime_ns)
        older = folders[: -self.retention.output_retention]
        named = self.named_samples() if older else set()
        for path in older:
            if path.name not in named:
                remove = partial(_remove, path)
                yield self.attempt("audit samples", path.name, _size(path), remove)

    def named_samples(self) -> set[str]:
        """The runs whose samples outputs name that are current or in a kept generation."""
        kept = self.kept_generations()
        snapshots: list[Snapshot] = []
        for name, environment in self.store.state.environments.items():
            snapshots += environment.snapshots.values()
            for number in kept.numbers(name):
                snapshots += _snapshots_of_lines(kept.lines(name, number))
        samples = (audit.sample for found in snapshots for audit in found.audits if audit.sample)
        return {Path(sample).parent.name for sample in samples}

    def remove_leftovers(self) -> Iterator[Item]:
        """Remove temporary files of runs that died."""
        artifacts = Artifacts(self.target)
        for path in artifacts.leftovers():
            yield self.attempt("temporary file", path.name, _size(path), partial(_remove, path))
        for path in (*_abandoned(self.target), *abandoned_scratch()):
            yield self.attempt("temporary file", path.name, _size(path), partial(_remove, path))
        spilled = self.target / "tmp"
        if spilled.is_dir():
            size = sum(path.stat().st_size for path in spilled.rglob("*") if path.is_file())
            yield self.attempt("temporary file", "tmp", size, lambda: shutil.rmtree(spilled))

    def archive_history(self) -> Iterator[Item]:
        """Keep months of the history that are past as compressed Parquet."""
        if self.retention.state_history is None:
            return
        limit = clock.now() - timedelta(seconds=self.retention.state_history)
        for path in sorted((self.target / "history").glob("*.ndjson")):
            match = _MONTH.fullmatch(path.name)
            if match and _month_end(int(match[1]), int(match[2])) < limit:
                size = path.stat().st_size
                yield self.attempt("history", path.stem, size, partial(archive, path))

    def attempt(self, kind: str, what: str, size: int, act: Callable[[], Any]) -> Item:
        """Do something that may fail, unless it is only looked at; gives what it is about."""
        if not self.dry_run:
            try:
                act()
            except Exception as error:
                return Item(kind=kind, what=what, error=str(error))
        return Item(kind=kind, what=what, bytes=size)


def _paths(environment: EnvironmentState) -> set[str]:
    return {path for found in environment.snapshots.values() for path in found.files}


def _read_by_parts(environment: EnvironmentState) -> set[tuple[NodeId, str]]:
    """Earlier outputs from which ranges of tracked nodes were computed, by node and output id.

    A node that is due once a day is to tell then whether its inputs are what they were, however
    many generations others have made meanwhile: else it would do all of its ranges again.
    """
    snapshots = environment.snapshots
    current = {(id, snapshot.output_id) for id, snapshot in snapshots.items()}
    found = {
        (id, output)
        for snapshot in snapshots.values()
        if snapshot.covered is not None and snapshot.artifact is not None
        for part in (*snapshot.artifact.parts, *snapshot.unfinished)
        for id, output in (part.inputs or {}).items()
    }
    return found - current


def _paths_of_lines(lines: list[str]) -> set[str]:
    return {path for found in _snapshots_of_lines(lines) for path in found.files}


def _snapshots_of_lines(lines: list[str]) -> Iterator[Snapshot]:
    entries = (unseal(line) for line in lines)
    befores = (entry.get("before") for entry in entries if entry)
    return (decode_snapshot(before) for before in befores if before)


def _abandoned(folder: Path) -> list[Path]:
    """What killed processes were writing below ``folder``; deeper down lie only outputs."""
    found = (folder.glob(f"{depth}.*.tmp.*") for depth in ("", "*/", "*/*/"))
    return [path for paths in found for path in paths if is_abandoned(path)]


def _size(path: Path) -> int:
    if not path.is_dir() or path.is_symlink():
        return path.lstat().st_size if os.path.lexists(path) else 0
    return sum(inner.stat().st_size for inner in path.rglob("*") if inner.is_file())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _month_end(year: int, month: int) -> datetime:
    following = (year + month // 12, month % 12 + 1)
    return datetime(*following, 1, tzinfo=UTC)


def clean_up(
    root: Path, request: Request, *, dry_run: bool = False, grace: float = GRACE
) -> list[Item]:
    """Everything that goes, from plugins too. Raises LockHeld while something else writes."""
    loaded = read_project(root, request)
    target = loaded.project.target
    with writing(target, request) as store:
        chores = Chores(
            target=target,
            store=store,
            retention=loaded.project.retention,
            before=store.state.environments,
            deleted=store.state.last_deleted,
            dry_run=dry_run,
            grace=grace,
        )
        return [*chores.clean_up(), *_of_plugins(loaded, request, dry_run)]


def _of_plugins(loaded: Loaded, request: Request, dry_run: bool) -> Iterator[Item]:
    context = context_of(loaded, request, None)
    found = loaded.plugins.hooks.collect_garbage(
        project=loaded.project, context=context, dry_run=dry_run
    )
    for name, entry in found:
        if isinstance(entry, Exception):
            yield Item(kind=name, what="collect_garbage", bytes=0, error=str(entry))
        else:
            yield Item(kind=name, what=entry.what, bytes=entry.bytes, error=entry.error)


def after_run(loaded: Loaded, store: StateStore | None) -> Iterator[str]:
    """Clean up for a moment after a run that changed something; gives what could not be done."""
    retention = loaded.project.retention
    if store is None or not retention.auto_run:
        return
    chores = Chores(
        target=loaded.project.target,
        store=store,
        retention=retention,
        before=loaded.state.environments,
        deleted=loaded.state.last_deleted,
        deadline=monotonic() + BUDGET,
    )
    for item in chores.clean_up():
        if item.error is not None:
            yield f"{item.what} could not be removed: {item.error}"
