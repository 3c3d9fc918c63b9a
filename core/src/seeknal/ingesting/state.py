"""What is known of a load by pipeline and name, below ``<lake>/.seeknal``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import frozen

from seeknal.host.files import write_text
from seeknal.ingesting.lake import STATE
from seeknal.kernel.options import structure, unstructure
from seeknal.state.faults import reading, writing
from seeknal.state.lock import project_lock
from seeknal.state.sealed import seal, unseal
from seeknal.values.errors import LockHeld, StateError

_FILE = "state.json"
_SET_ASIDE = "superseded"


@frozen(kw_only=True)
class Settled:
    """A value of the mark's column at one moment, and what was at work then."""

    value: str
    open: tuple[str, ...] = ()


@frozen(kw_only=True)
class Seen:
    """Rows that have arrived and may be read again: those from ``since`` on, or all."""

    file: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    since: str | None = None


@frozen(kw_only=True)
class Mark:
    """How far a source has been loaded by a column.

    ``value``: what is smaller has arrived; None where that is not known of any. ``tries`` are
    values that become the next one when what was open at them has ended.
    """

    column: str
    type: str
    value: str | None = None
    seen: Seen | None = None
    tries: tuple[Settled, ...] = ()


@frozen(kw_only=True)
class Attempt:
    """What a load was about to do: it is done if the warehouse has committed ``run_id``.

    ``set_aside`` are files of earlier attempts that never came so far. One of all rows has the
    ``call`` that it is part of, and the ``request`` that it fulfils.
    """

    run_id: str
    table: str
    file: str | None = None
    mark: Mark | None = None
    set_aside: tuple[str, ...] = ()
    call: str | None = None
    request: str = ""


@frozen(kw_only=True)
class Done:
    """Rows of a request that have arrived as ``file``: all of them, for which there is no mark.

    Whoever asks for the same before the ``call`` has ended repeats it.
    """

    call: str
    request: str
    run_id: str
    table: str
    file: str
    rows: int


@frozen(kw_only=True)
class State:
    """What is known of a load; ``target`` is where its rows go."""

    target: str = ""
    mark: Mark | None = None
    attempt: Attempt | None = None
    done: tuple[Done, ...] = ()


class Kept:
    """The state of one name, which `name_lock` lets one process have at a time."""

    def __init__(self, lake: Path, pipeline: str, name: str) -> None:
        self.lake = lake
        self.folder = _folder(lake, pipeline, name)

    @property
    def scratch(self) -> Path:
        """Where files are made before they land."""
        return self.folder / "work"

    def read(self) -> State:
        """The state. Raises StateError for one that is damaged: a first load is another thing."""
        path = self.folder / _FILE
        with reading(path):
            text = path.read_text(encoding="utf-8") if path.exists() else None
        if text is None:
            return State()
        entry = unseal(text.rstrip("\n"))
        try:
            if entry is None:
                raise ValueError
            return structure(State, entry)
        except (ValueError, TypeError):
            raise StateError(
                f"{path} is damaged: it is not known what has been loaded",
                code="SK1611",
                help="bring it back from a copy; or remove it, and --force loads all rows again",
            ) from None

    def write(self, state: State) -> None:
        """Replace the state, atomically, with the files that its marks name.

        What only earlier ones named is removed.
        """
        path = self.folder / _FILE
        named = {mark.seen.file for mark in _marks(state) if mark.seen}
        with writing(path):
            for made in (self.scratch / name for name in named):
                if made.exists():
                    os.replace(made, self.folder / made.name)
            write_text(path, seal(unstructure(state)) + "\n")
        for old in self.folder.glob("seen-*"):
            if old.name not in named:
                old.unlink(missing_ok=True)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A folder for what is made before it lands, without what killed loads left there."""
        with writing(self.scratch):
            shutil.rmtree(self.scratch, ignore_errors=True)
            self.scratch.mkdir(parents=True, exist_ok=True)
        try:
            yield
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def set_aside(self, files: tuple[str, ...]) -> None:
        """Take files out of the lake whose rows have been fetched again since.

        Nothing takes them for files of the lake there: their names end otherwise.
        """
        for file in files:
            path = self.lake / file
            place = self.lake / STATE / _SET_ASIDE / f"{file}.old"
            with writing(place):
                # One that was planned and never landed is not there.
                if path.exists():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(path, place)


def calls_of(lake: Path) -> set[str]:
    """The calls that any state names. Raises StateError where one is damaged."""
    loads = lake / STATE / "loads"
    found: set[str] = set()
    for path in loads.glob(f"*/*/{_FILE}"):
        state = Kept(lake, path.parent.parent.name, path.parent.name).read()
        found |= {entry.call for entry in state.done}
        if state.attempt is not None and state.attempt.call is not None:
            found.add(state.attempt.call)
    return found


def _marks(state: State) -> Iterator[Mark]:
    if state.mark is not None:
        yield state.mark
    if state.attempt is not None and state.attempt.mark is not None:
        yield state.attempt.mark


def _folder(lake: Path, pipeline: str, name: str) -> Path:
    return lake / STATE / "loads" / pipeline / name


@contextmanager
def name_lock(lake: Path, pipeline: str, name: str, timeout: float = 0.0) -> Iterator[Kept]:
    """Be the only load of a name while the block runs. Raises LockHeld after ``timeout``."""
    kept = Kept(lake, pipeline, name)
    with ExitStack() as held:
        try:
            held.enter_context(project_lock(kept.folder, command="ingest", timeout=timeout))
        except LockHeld as error:
            raise LockHeld(
                f"another load of {name!r} in the pipeline {pipeline!r} is at work",
                code="SK1612",
                help="wait for it with --lock-timeout 60s",
            ) from error
        yield kept
