"""Ends a child in the middle of its work, as ``kill -9`` would."""

from __future__ import annotations

import importlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable

EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.symlink", "os.link", "sqlite3.connect")
MOMENTS = 360
PATIENCE = 60


def kill_within(act: Callable[[], object], when: float) -> bool:
    """Carry it out in a child that dies on its way; whether it did.

    ``when`` is between 0 and 1: early or late.
    """

    def doomed() -> None:
        Killer(60 + int(when * MOMENTS), torn=int(when * 10**6) % 2 == 1)
        act()

    return _died(_forked(doomed))


def kill_after(act: Callable[[], object], module: str, name: str) -> None:
    """Carry it out in a child that dies when this function has returned for the first time."""

    reading, writing = os.pipe()

    def doomed() -> None:
        found = importlib.import_module(module)
        call = getattr(found, name)

        def last(*arguments: object, **more: object) -> None:
            call(*arguments, **more)
            os.write(writing, b"there")
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(found, name, last)
        act()

    # One that hangs after the fork never comes that far.
    for _attempt in range(3):
        _died(_forked(doomed))
        if reached := select.select([reading], [], [], 0)[0]:
            break
    os.close(reading)
    os.close(writing)
    assert reached, f"{name} was not called"


def _forked(act: Callable[[], object]) -> int:
    """A child that does this and nothing else."""
    child = os.fork()
    if child == 0:
        # Whatever comes of it, this process must not go on with the test.
        try:
            act()
        finally:
            os._exit(0)
    return child


def _died(child: int) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.WIFSIGNALED(status)
        time.sleep(0.005)
    # What hangs after a fork is killed too: as good a moment as any.
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


class Killer:
    """Ends this process at one of the calls that change something."""

    def __init__(self, left: int, torn: bool) -> None:
        self.left, self.torn = left, torn
        self.written = os.write
        os.write = self.write
        os.fsync = self.around(os.fsync)
        sys.addaudithook(self.hook)
        self.patch("psycopg", "Cursor", "execute")
        self.patch("psycopg", "Connection", "commit")
        self.patch("pymysql.cursors", "Cursor", "execute")
        self.patch("http.client", "HTTPConnection", "connect")
        self.patch("pyiceberg.table", "Transaction", "commit_transaction")
        self.patch("pyiceberg.catalog.sql", "SqlCatalog", "commit_table")

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.die()

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def write(self, descriptor: int, data: bytes) -> int:
        self.left -= 1
        if self.left == 0:
            if self.torn:
                self.written(descriptor, bytes(data)[: len(data) // 2])
            self.die()
        return self.written(descriptor, data)

    def hook(self, event: str, arguments: tuple) -> None:
        if event not in EVENTS:
            return
        if event == "open" and str(arguments[0]).endswith((".py", ".pyc", ".so", ".toml")):
            return
        self.count()

    def around(self, call: Callable) -> Callable:
        def doomed(*arguments: object, **more: object) -> object:
            self.count()
            answer = call(*arguments, **more)
            self.count()
            return answer

        return doomed

    def patch(self, module: str, owner: str, name: str) -> None:
        if (found := sys.modules.get(module)) is not None:
            place = getattr(found, owner)
            setattr(place, name, self.around(getattr(place, name)))
