"""What nodes print, and what was started for them: above the moving line, with their names."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from seeknal.cli.fitting import speaker
from seeknal.cli.live import above, shown
from seeknal.cli.streams import Scrubbed, paint, say
from seeknal.run.python import process

ENDS = ("\n", "\r")


class Talk:
    """Writes to ``stream`` what threads of nodes have written, by lines."""

    def __init__(self, stream: Scrubbed) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self._unfinished: dict[int, bool] = {}

    def show(self, thread: int, masked: str) -> None:
        node = node_of(thread)
        if node and masked.endswith("\r") and (live := shown()):
            # A bar of the node's own, which the next piece of it takes away again.
            live.note(node, masked.rstrip("\r").rpartition("\r")[2].rpartition("\n")[2])
            masked = masked[: masked.rfind("\n") + 1]
        if masked:
            with self._lock, above():
                self._stream.write_as_it_is(self.named(thread, node, masked))
                self._stream.flush()

    def named(self, thread: int, node: str, masked: str) -> str:
        """The text with the node's name before each of its lines."""
        name = paint(f"{speaker(node, sys.stderr)}: ", "dim", sys.stderr) if node else ""
        goes_on = self._unfinished.pop(thread, False)
        lines = masked.splitlines(keepends=True)
        text = "".join(
            line if not line.strip() or (goes_on and not number) else f"{name}{line}"
            for number, line in enumerate(lines)
        )
        if shown():
            # The moving line overwrites what has no end.
            text = "".join(f"{line.rpartition(chr(13))[2]}\n" for line in text.splitlines())
        elif not masked.endswith(ENDS):
            self._unfinished[thread] = True
        return text


def node_of(thread: int) -> str:
    """The node that a thread works for; of other threads and programs only a sole one is known."""
    nodes = process.nodes
    if thread in nodes:
        return nodes[thread]
    return next(iter(nodes.values()), "") if len(nodes) == 1 else ""


def give_voice() -> None:
    """From now on nodes run: what they print is shown as theirs."""
    if isinstance(sys.stderr, Scrubbed):
        sys.stderr.voice = Talk(sys.stderr).show


def let_nodes_talk() -> None:
    """From now on what nodes, and programs that they start, print goes to stderr by whole lines."""
    from seeknal.cli.descriptors import take_descriptors
    from seeknal.cli.streams import release_talk

    take_descriptors()
    give_voice()
    process.at_departure(release_talk)


def let_nodes_be_silent() -> None:
    """From now on nodes run often, and what they print is not shown."""
    let_nodes_talk()
    if isinstance(sys.stderr, Scrubbed):
        sys.stderr.voice = lambda thread, masked: None


def say_awaited_once() -> Callable[[str, float], None]:
    """Says each thing that is started when it is the first time; a node is run often."""
    said: set[str] = set()

    def say_it(what: str, seconds: float) -> None:
        if what not in said:
            said.add(what)
            say_awaited(what, seconds)

    return say_it


def say_awaited(what: str, seconds: float) -> None:
    """A line about a program that was started."""
    with above():
        say(f"{what}   {seconds:.1f} s")
