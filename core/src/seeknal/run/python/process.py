"""What all Python nodes of a process share, kept apart: working directory, environment, locale.

A node that changes the directory waits until the other nodes that run have ended, and from then
on runs alone. When no node runs any more, all of it is as it was before. What else a process has
only once (options of pandas, seeds, modules' variables) is as it is in any Python program.
"""

from __future__ import annotations

import locale
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from attrs import frozen


@frozen(kw_only=True)
class _Kept:
    """The state that nodes find."""

    folder: str
    environment: dict[str, str]
    path: list[str]
    locale: str

    def restore(self) -> None:
        if _folder() != self.folder:
            os.chdir(self.folder)
        if os.environ != self.environment:
            zone_changed = os.environ.get("TZ") != self.environment.get("TZ")
            for name in os.environ.keys() - self.environment.keys():
                del os.environ[name]
            os.environ.update(self.environment)
            if zone_changed:
                time.tzset()
        if sys.path != self.path:
            sys.path[:] = self.path
        if locale.setlocale(locale.LC_ALL) != self.locale:
            locale.setlocale(locale.LC_ALL, self.locale)


def _folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def _kept() -> _Kept:
    return _Kept(
        folder=_folder(),
        environment=dict(os.environ),
        path=list(sys.path),
        locale=locale.setlocale(locale.LC_ALL),
    )


class _Turns:
    """Which threads run nodes, and which of them has the process for itself."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.running: set[int] = set()
        self.waiting: set[int] = set()
        self.alone: int | None = None
        self.kept: _Kept | None = None
        self.natives: dict[int, int] = {}
        """What the system calls each thread."""

    def enter(self) -> None:
        with self.changed:
            self._wait(lambda: self.alone is None)
            if not self.running:
                self.kept = _kept()
            self.running.add(threading.get_ident())
            self.natives[threading.get_ident()] = threading.get_native_id()

    def leave(self) -> None:
        me = threading.get_ident()
        with self.changed:
            self.running.discard(me)
            self.natives.pop(me, None)
            if self.kept is not None and (self.alone == me or not self.running):
                self.alone = None
                self.kept.restore()
            self.changed.notify_all()

    def be_alone(self) -> None:
        """Wait for the others, except for those that wait for the same and so do nothing."""
        me = threading.get_ident()
        if me not in self.running or self.alone == me:
            return
        with self.changed:
            self.waiting.add(me)
            self.changed.notify_all()
            self._wait(lambda: self.alone is None and self.running <= self.waiting | {me})
            self.waiting.discard(me)
            self.alone = me

    def _wait(self, ready: Callable[[], bool]) -> None:
        while not ready():
            # In pieces, so that an exception meant for this thread reaches it.
            self.changed.wait(0.1)


nodes: dict[int, str] = {}
"""The node that each thread executes."""


@contextmanager
def as_node(node: str) -> Iterator[None]:
    """Within the block this thread executes a node: what it prints is the node's."""
    thread = threading.get_ident()
    nodes[thread] = node
    try:
        yield
    finally:
        nodes.pop(thread, None)


_turns = _Turns()
_departures: set[Callable[[], None]] = set()


def at_departure(act: Callable[[], None]) -> None:
    """Have ``act`` called in the thread of each node that is done."""
    _departures.add(act)


_hooked = threading.Lock()
_is_hooked = False


def enter() -> None:
    """This thread's code is that of a node now; waits for one that has the process alone."""
    global _is_hooked
    with _hooked:
        if not _is_hooked:
            sys.addaudithook(_watch)
            _is_hooked = True
    _turns.enter()


def leave() -> None:
    """The node of this thread is done: what it changed is put back."""
    if threading.get_ident() in _turns.running:
        _turns.leave()
    for act in _departures:
        act()


def forget(thread: int) -> None:
    """A thread whose node is given up is waited for by nobody."""
    with _turns.changed:
        _turns.running.discard(thread)
        if _turns.alone == thread:
            _turns.alone = None
        _turns.changed.notify_all()


def end_children(thread: int) -> None:
    """Ask the processes that a node's thread started to end, where the system tells which."""
    native = _turns.natives.get(thread)
    if native is None:
        return
    with suppress(OSError):
        for child in Path(f"/proc/self/task/{native}/children").read_text().split():
            with suppress(OSError):
                os.kill(int(child), signal.SIGTERM)


def end_descendants() -> None:
    """End the processes that this one and its children have started, where the system tells.

    Those in a session of their own, such as servers, were meant to go on and end by their own
    rules.
    """
    session = os.getsid(0)
    waiting = _children(os.getpid())
    while waiting:
        child = waiting.pop()
        with suppress(OSError):
            if os.getsid(child) == session:
                waiting += _children(child)
                os.kill(child, signal.SIGKILL)


def _children(process: int) -> list[int]:
    found = []
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in file.read_text().split()]
    return found


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "os.chdir" and not _is_importing():
        _turns.be_alone()


def _is_importing() -> bool:
    """Whether a module is being imported: others may wait for it, so it must not wait for them."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib."):
            return True
        frame = frame.f_back
    return False
