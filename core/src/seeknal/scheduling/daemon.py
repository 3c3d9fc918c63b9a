"""Runs what is due, for as long as it is let: each run is a process of its own.

It holds the project's lock at no time, and no memory of what its runs did but what fails.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.host import clock
from seeknal.host.service import ALIVE, READY, STOPPING, tell_manager
from seeknal.project.cache import file_stats
from seeknal.project.paths import find_profile
from seeknal.scheduling.answers import Reading, reading_of, run_of, stale_of
from seeknal.scheduling.child import Child
from seeknal.scheduling.due import Ended, Ticks, Wanted, after, as_found, put_right, wanted
from seeknal.scheduling.heartbeat import AtWork, Heartbeat, beat
from seeknal.scheduling.memory import Fault, Memory, Standing, remembered, save
from seeknal.scheduling.news import news_of, told
from seeknal.scheduling.outbox import new_message, put
from seeknal.scheduling.postman import Postman
from seeknal.state.aside import move_aside
from seeknal.state.lock import is_held
from seeknal.values.errors import SeeknalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from seeknal.scheduling.answers import Run
    from seeknal.scheduling.place import Place
    from seeknal.values.names import NodeId

    Stats = Mapping[str, list[int]]

PAUSE = 1.0
"""Seconds between two looks at the clock: so much later may a run begin than it is due."""
BUSY = 0.25
"""Seconds between two looks at a process that is at work."""
LOOK = 10.0
"""Seconds between two looks at the project's files."""
STILL = 2.0
LONGEST_CHANGE = 60.0
"""Seconds for which files have to be as they are before they are read, as a checkout takes some;
and after how many they are read though they go on changing."""
LOCKED = 15.0
"""Seconds until what another command's lock kept from running is tried again."""
AGES = 300.0
"""Seconds between two looks at how old rows are."""
LONG_LOCKED = 900.0
"""Seconds after which somebody has to know that another command lets nothing run."""
GRACE = 30.0
"""Seconds in which a run that was told to stop may end by itself."""


@frozen(kw_only=True)
class Asked:
    """What a scheduler is asked to do. ``words``: options that its runs get as well."""

    root: Path
    environment: str
    profile: Path | None = None
    words: tuple[str, ...] = ()
    period: float = 30.0


class Daemon:
    """One scheduler at work. ``tell`` is given a line for each thing that happens."""

    def __init__(self, asked: Asked, place: Place, tell: Callable[[str], None]) -> None:
        self.asked = asked
        self.place = place
        self.tell = tell
        self.postman = Postman(
            asked.root, place.outbox, ["scheduler", "notify", *_profile(asked)], tell
        )
        self.reading = Reading()
        self.is_read = False
        self.ticks = Ticks()
        self.files: Stats | None = None
        self.reader: Child | None = None
        self.runner: Child | None = None
        self.judge: Child | None = None
        self.wanted = Wanted()
        self.began: dict[NodeId, int] = {}
        self.began_at = 0.0
        self.started_at = clock.now().timestamp()
        self.stopping = self.hurrying = False
        self.lock = _identity(place.lock)
        self._beat_at = self._locked_at = self._look_at = self._judge_at = float("-inf")
        self._changing: Stats | None = None
        self._changed_at = 0.0
        self._unsure = True
        """Whether a run of others may have done what is due since the project was read."""
        self._waits_since: float | None = None
        self._never = Event()
        self.memory = self._remember()

    def stop(self) -> None:
        """Begin nothing more, and end as soon as the run that is going on has stopped."""
        self.stopping = True

    def hurry(self) -> None:
        """End at once: what runs is killed, and begins anew with the next scheduler."""
        self.stopping = self.hurrying = True

    @property
    def is_lost(self) -> bool:
        """Whether its folder was removed: another scheduler may take what it had locked."""
        return _identity(self.place.lock) != self.lock

    def carry_out(self) -> None:
        """Schedule until it is told to stop, or its folder is removed."""
        self.tell(f"started: {self.asked.environment} of {self.asked.root}, pid {os.getpid()}")
        tell_manager(READY)
        try:
            while not self.is_over:
                self.step()
                clock.wait(self._never, BUSY if self.runner or self.reader else PAUSE)
        finally:
            self._shut_down()
        self.tell("stopped")

    @property
    def is_over(self) -> bool:
        return self.runner is None and (self.stopping or self.is_lost)

    def step(self) -> None:
        """Do what there is to do now, without waiting for anything."""
        self._beat()
        if self.stopping:
            self._stop_runner()
        else:
            self._look_at_files()
            self._send()
        self._collect_reading()
        self._collect_run()
        self._judge_ages()
        is_idle = self.runner is None and self.reader is None
        if is_idle and self.is_read and not (self.stopping or self._unsure):
            self._begin_run()

    def _remember(self) -> Memory:
        try:
            return remembered(self.place.memory) or Memory()
        except (OSError, ValueError) as error:
            kept = move_aside(self.place.memory, "corrupt")
            self.tell(f"what was remembered cannot be read ({error}); it is {kept.name} now")
            return Memory()

    def _beat(self) -> None:
        now = clock.monotonic()
        if now - self._beat_at < self.asked.period / 2:
            return
        self._beat_at = now
        tell_manager(ALIVE)
        running = None
        if self.runner is not None:
            nodes = self.wanted.nodes
            running = AtWork(since=self.began_at, pid=self.runner.pid, nodes=nodes)
        sign = Heartbeat(
            pid=os.getpid(),
            host=os.uname().nodename,
            started_at=self.started_at,
            at=clock.now().timestamp(),
            period=self.asked.period,
            running=running,
        )
        self._carefully("the heartbeat", lambda: beat(self.place.heartbeat, sign))

    def _look_at_files(self) -> None:
        """Read the project again where a file of it is another one, and not being changed now."""
        now = clock.monotonic()
        if self.reader is not None or now < self._look_at:
            return
        files, known = self._file_stats(), self.files
        if known is not None and files not in (known, self._changing):
            self._changed_at = now if self._changing is None else self._changed_at
            self._changing = files
            if now - self._changed_at < LONGEST_CHANGE:
                self._look_at = now + STILL
                return
        if self._unsure and self._is_in_use():
            self._look_at = now + STILL
            return
        self._look_at, self._changing = now + LOOK, None
        project = self.memory.project
        again = project.fails and project.may_retry(int(clock.now().timestamp()))
        if files == known and not again and not self._unsure:
            return
        if known is not None and files != known:
            self.tell("the project's files have changed: reading them")
        self.files, self._unsure = files, False
        self.reader = self._started(
            ["schedule", "list", "--env", self.asked.environment, *self._common()]
        )

    def _file_stats(self) -> Stats:
        profile = None
        with suppress(SeeknalError):
            profile = find_profile(self.asked.root, self.asked.profile)
        return file_stats(self.asked.root, profile)

    def _collect_reading(self) -> None:
        answer = self.reader.ended() if self.reader else None
        if answer is None:
            return
        self.reader = None
        found = reading_of(answer)
        if isinstance(found, Fault):
            self._project_failed(found)
            return
        if not found.entries:
            self.tell('no node has a schedule; schedule: "@daily" makes one due')
        elif found.entries != self.reading.entries:
            count = len(found.entries)
            self.tell(f"{count} {'node has' if count == 1 else 'nodes have'} a schedule")
        self.reading, self.is_read, self._judge_at = found, True, clock.monotonic() + LOOK
        memory = as_found(self.memory, found.entries, found.made_at, found.known)
        # Whatever failed may be mended by what has changed.
        project = Standing(told=memory.project.told)
        self._settle(evolve(memory.retried(), project=project))

    def _project_failed(self, fault: Fault) -> None:
        """Nothing runs of a project that cannot be read; what ran before is as it was."""
        self.is_read = False
        now = int(clock.now().timestamp())
        before = self.memory
        project = before.project.failed(fault, now)
        self._settle(evolve(before, project=project))
        if before.project.fault != fault:
            self.tell(f"the project cannot be read: {fault.message}")

    def _begin_run(self) -> None:
        now = int(clock.now().timestamp())
        if clock.monotonic() - self._locked_at < LOCKED:
            return
        entries = self.reading.entries
        memory = put_right(self.memory, entries, self.ticks.last, now)
        if memory != self.memory:
            self.tell("the clock was put back by days: nodes go on with their next tick")
            self._settle(memory)
        found = wanted(memory, entries, self.ticks.last, now)
        if not found.nodes:
            return
        schedules = {entry.node: entry.schedule for entry in entries}
        self.began = {
            id: self.ticks.last(schedules[id], now) for id in found.nodes if id in schedules
        }
        self.wanted, self.began_at = found, clock.now().timestamp()
        selected = [word for id in found.nodes for word in ("--select", str(id))]
        options = ["--env", self.asked.environment, "--lock-timeout", "0", *selected]
        self.runner = self._started(["run", *options, *self._common()])
        if self.runner is not None:
            self._beat_at = float("-inf")
            if self._waits_since is None:
                self.tell(f"running {_names(found.due or found.nodes)}")

    def _collect_run(self) -> None:
        answer = self.runner.ended() if self.runner else None
        if answer is None:
            return
        self.runner, self._beat_at = None, float("-inf")
        run = run_of(answer, stopped=self.stopping)
        if run.locked:
            self._locked_at = clock.monotonic()
        if run.locked and not self._has_waited_long():
            # Whoever writes may run what is due.
            self._unsure, self._look_at = True, self._locked_at + LOCKED
            return
        self._waits_since = None
        if run.refused and self._file_stats() != self.files:
            # What was due is of files that are others by now.
            self._look_at = float("-inf")
            return
        ended = run.ended
        if run.fault is not None:
            ended = {id: Ended(status="failed", fault=run.fault) for id in self.wanted.nodes}
        now = int(clock.now().timestamp())
        memory = after(self.memory, self.wanted, ended, self.began, now)
        self._say_ended(run, ended, memory)
        self._settle(memory, run.run_id)
        if self._judge_at < float("inf"):
            self._judge_at = clock.monotonic()

    def _is_in_use(self) -> bool:
        """Whether a command is writing whose end is waited for, to know what it has done."""
        if not is_held(self.asked.root / "target"):
            self._waits_since = None
            return False
        return not self._has_waited_long()

    def _has_waited_long(self) -> bool:
        """Whether another command has been writing for so long that it is no usual one."""
        now = clock.monotonic()
        if self._waits_since is None:
            self._waits_since = now
            self.tell("another command is writing to the project: waiting for it")
        return now - self._waits_since > LONG_LOCKED

    def _judge_ages(self) -> None:
        """Have a look at how old rows are, where files say how old they may be."""
        answer = self.judge.ended() if self.judge else None
        if answer is not None:
            self.judge, found = None, stale_of(answer)
            if found is not None:
                if not found[0]:
                    # Nothing is to be looked at until files change.
                    self._judge_at = float("inf")
                self._say_ages(found[1])
                self._settle(self.memory.with_stale(found[1]))
        waits = self.judge is None and self.runner is None and self.reader is None
        if waits and self.is_read and not self.stopping and clock.monotonic() >= self._judge_at:
            self._judge_at = clock.monotonic() + AGES
            self.judge = self._started(
                ["freshness", "--env", self.asked.environment, *self._common()]
            )

    def _say_ages(self, stale: Mapping[NodeId, Fault]) -> None:
        before = {id for id, standing in self.memory.stale.items() if standing.fails}
        for id in stale.keys() - before:
            self.tell(f"too old: {id}: {stale[id].message}")
        for id in before - stale.keys():
            self.tell(f"fresh again: {id}")

    def _say_ended(self, run: Run, ended: Mapping[NodeId, Ended], memory: Memory) -> None:
        counts = {"ok": 0, "failed": 0, "skipped": 0}
        for each in ended.values():
            counts[each.status] += 1
        told = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
        which = f", run {run.run_id}" if run.run_id else ""
        self.tell(f"ended: {told or 'nothing was done'} in {run.seconds:.1f} s{which}")
        for id, each in ended.items():
            if each.status != "failed" or each.fault is None:
                continue
            wait = memory.of(id).retry_at - int(clock.now().timestamp())
            self.tell(f"failed: {id}: {each.fault.message} (again in {wait} s)")
        for id, standing in self.memory.nodes.items():
            if standing.fails and not standing.follows and not memory.of(id).fails:
                self.tell(f"recovered: {id}")

    def _settle(self, memory: Memory, run_id: str | None = None) -> None:
        """Remember this, and let others know what is new in it."""
        news = news_of(memory)
        project = self.reading.project or self.asked.root.name
        for each in news:
            body = each.body(project, self.asked.environment, run_id, clock.now())
            write = partial(put, self.place.outbox, new_message(body))
            if self._carefully("a notification", write):
                memory = told(memory, each)
                self.postman.look_now()
        if memory != self.memory:
            self.memory = memory
            self._carefully("what is remembered", lambda: save(self.place.memory, memory))

    def _send(self) -> None:
        self._carefully("the outbox", self.postman.step)

    def _stop_runner(self) -> None:
        if self.runner is not None:
            self.runner.stop(0 if self.hurrying else GRACE)

    def _started(self, words: Sequence[str]) -> Child | None:
        try:
            return Child(self.asked.root, [*words, "--format", "json"])
        except OSError as error:
            self._locked_at = clock.monotonic()
            self.tell(f"no process can be started: {error}")
            return None

    def _common(self) -> list[str]:
        return [*_profile(self.asked), *self.asked.words]

    def _carefully(self, what: str, act: Callable[[], object]) -> bool:
        """Whether something could be written: a disk that is full for a while ends no scheduler."""
        try:
            act()
        except OSError as error:
            self.tell(f"{what} cannot be written: {error}")
            return False
        return True

    def _shut_down(self) -> None:
        tell_manager(STOPPING)
        self.postman.end()
        for child in (self.reader, self.judge):
            if child is not None:
                child.kill()
        if self.runner is not None:
            # Something of ours is wrong, and the run is not: it puts on record what it has done.
            self.runner.stop(GRACE)
        with suppress(OSError):
            self.place.heartbeat.unlink()


def _identity(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None


def _profile(asked: Asked) -> list[str]:
    return [] if asked.profile is None else ["--profile", str(asked.profile)]


def _names(nodes: Sequence[NodeId], most: int = 5) -> str:
    shown = ", ".join(nodes[:most])
    return f"{shown} and {len(nodes) - most} more" if len(nodes) > most else shown
