"""What a delivery waits for ends when the run, or the node, is to end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import define

if TYPE_CHECKING:
    from seeknal.plugin import Context
    from seeknal_starrocks.http import Door
    from seeknal_starrocks.server import Server


@define
class Reached:
    """What is waited for: a statement, or a load by the door."""

    server: Server
    door: Door | None = None

    def by(self, door: Door) -> Door:
        """Takes the door along from here on."""
        self.door = door
        return door

    def cut(self) -> None:
        """End it; what was asked is of a twin, or of a transaction that is rolled back."""
        if self.door is not None:
            self.door.cut()
        self.server.cut()


@contextmanager
def cancellable(server: Server, context: Context) -> Iterator[Reached]:
    """Within the block Ctrl-C and ``execution.timeout`` end what is waited for."""
    reached = Reached(server=server)
    with context.cancelled_by(reached.cut):
        yield reached
