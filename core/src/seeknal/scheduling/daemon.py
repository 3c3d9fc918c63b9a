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

from seeknal.graph.agenda import NO_SCHEDULE
from seeknal.host import clock
from seeknal.host.service import ALIVE, READY, STOPPING, tell_manager
from seeknal.scheduling.ages import Ages
from seeknal.scheduling.answers import Reading, run_of
from seeknal.scheduling.child import Child
from seeknal.scheduling.due import GONE, Ended, Ticks, Wanted, after, as_found, put_right, wanted
from seeknal.scheduling.heartbeat import AtWork, Heartbeat, beat
from seeknal.scheduling.memory import Memory, Standing, remembered, save
from seeknal.scheduling.news import news_of, told
from seeknal.scheduling.outbox import new_message, put
from seeknal.scheduling.postman import Postman
from seeknal.scheduling.reader import Reader
from seeknal.state.aside import move_aside
from seeknal.state.lock import is_held
from seeknal.state.state_files import STATE_FILE
from seeknal.values.faults import Fault
from seeknal.values.several import a_few

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from seeknal.scheduling.answers import Run
    from seeknal.scheduling.place import Place
    from seeknal.values.names import NodeId

PAUSE = 1.0
"""Seconds between two looks at the clock: so much later may a run begin than it is due."""
BUSY = 0.25
"""Seconds between two looks at a process that is at work."""
LOCKED = 15.0
"""Seconds until what another command's lock kept from running is tried again."""
SETTLED = 10.0
"""Seconds after which a project that was read anew has begun to run what is due."""
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
    """One scheduler at work, as long as it ``holds`` what keeps others away.

    ``tell`` is given a line for each thing that happens.
    """

    def __init__(
        self,
        asked: Asked,
        place: Place,
        holds: Callable[[], bool],
        tell: Callable[[str], None],
    ) -> None:
        self.asked = asked
        self.place = place
        self.holds = holds
        self.tell = tell
        self.postman = Postman(
            asked.root,
            place.outbox,
            ["scheduler", "notify", *_profile(asked), "--format", "json"],
            tell,
        )
        self.reading = Reading()
        self.is_read = self.has_state = False
        self.ticks = Ticks()
        self.reader = Reader(
            asked.root, asked.profile, partial(self._started, "schedule", "list"), tell
        )
        self.ages = Ages(partial(self._started, "freshness"))
        self.runner: Child | None = None
        self.wanted = Wanted()
        self.began: dict[NodeId, int] = {}
        self.began_at = 0.0
        self.began_with = self.reader.files
        self.started_at = clock.now().timestamp()
        self.stopping = self.hurrying = False
        self._beat_at = self._not_before = float("-inf")
        self._waits_since: float | None = None
        self._never = Event()
        self.memory = self._remember()

    def stop(self) -> None:
        """Begin nothing more, and end as soon as the run that is going on has stopped."""
        self.stopping = True

    def hurry(self) -> None:
        """End at once: what runs is killed, and begins anew with the next scheduler."""
        self.stopping = self.hurrying = True

    def carry_out(self) -> None:
        """Schedule until it is told to stop, or its folder is removed."""
        self.tell(f"started: {self.asked.environment} of {self.asked.root}, pid {os.getpid()}")
        tell_manager(READY)
        try:
            while not self.is_over:
                self.step()
                clock.wait(self._never, BUSY if self.is_busy else PAUSE)
        finally:
            self._shut_down()
        self.tell("stopped")

    @property
    def is_over(self) -> bool:
        return self.runner is None and (self.stopping or not self.holds())

    @property
    def is_busy(self) -> bool:
        """Whether it waits for a process: nothing runs while the project is read."""
        return self.runner is not None or self.reader.child is not None

    def step(self) -> None:
        """Do what there is to do now, without waiting for anything."""
        self._beat()
        if self.stopping:
            self._stop_runner()
        else:
            self._look()
            self._send()
        self._collect_reading()
        self._collect_run()
        self._collect_ages()
        if self.is_read and not (self.is_busy or self.stopping or self.reader.is_unsure):
            self.ages.look()
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

    def _look(self) -> None:
        project = self.memory.project
        again = project.fails and project.may_retry(int(clock.now().timestamp()))
        # What was stored may be gone, as `seeknal clean` and people remove it.
        gone = self.has_state and not self._state_is_there()
        self.reader.look(again=again or gone, in_use=self._is_in_use)

    def _state_is_there(self) -> bool:
        return (self.asked.root / "target" / STATE_FILE).exists()

    def _collect_reading(self) -> None:
        found = self.reader.answer()
        if found is None:
            return
        if isinstance(found, Fault):
            self._project_failed(found)
            return
        if not found.entries:
            self.tell(NO_SCHEDULE)
        elif found.entries != self.reading.entries:
            count = len(found.entries)
            self.tell(f"{count} {'node has' if count == 1 else 'nodes have'} a schedule")
        for warning in found.warnings:
            if warning not in self.reading.warnings:
                self.tell(warning)
        self.reading, self.is_read, self.has_state = found, True, self._state_is_there()
        self.ages.begin(SETTLED)
        memory = as_found(self.memory, found)
        self._say_recovered(memory, found.known)
        if self.reader.brings_news:
            # Whatever failed may be mended by what has changed.
            memory = memory.retried()
        project = Standing(told=memory.project.told)
        self._settle(evolve(memory, project=project))

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
        if clock.monotonic() < self._not_before:
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
        self.began_with = self.reader.files
        selected = [word for id in found.nodes for word in ("--select", str(id))]
        self.runner = self._started("run", "--lock-timeout", "0", "--missing-inputs", *selected)
        if self.runner is not None:
            self._beat_at = float("-inf")
            if self._waits_since is None:
                self.tell(f"running {a_few(found.due or found.nodes)}")

    def _collect_run(self) -> None:
        answer = self.runner.ended() if self.runner else None
        if answer is None:
            return
        self.runner, self._beat_at = None, float("-inf")
        run = run_of(answer, stopped=self.stopping)
        if run.locked and not self._has_waited_long():
            # Whoever writes may run what is due.
            self.reader.doubt(LOCKED)
            return
        self._waits_since = None
        if run.refused and self.reader.are_others(self.began_with):
            # What was due is of files that are others by now.
            return
        ended = run.ended
        if run.fault is not None:
            ended = {id: Ended(status="failed", fault=run.fault) for id in self.wanted.nodes}
        now = int(clock.now().timestamp())
        memory = after(self.memory, self.wanted, ended, self.began, now)
        self._say_ended(run, ended, memory)
        self._settle(memory, run.run_id)
        self.has_state = self.has_state or self._state_is_there()
        self.ages.look_now()

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

    def _collect_ages(self) -> None:
        stale = self.ages.answer()
        if stale is not None:
            self._say_ages(stale)
            self._settle(self.memory.with_stale(stale))

    def _say_ages(self, stale: Mapping[NodeId, Fault]) -> None:
        before = {id for id, standing in self.memory.stale.items() if standing.fails}
        for id in stale.keys() - before:
            self.tell(f"too old: {id}: {stale[id].message}")
        for id in before - stale.keys():
            self.tell(f"fresh again: {id}")

    def _say_ended(self, run: Run, ended: Mapping[NodeId, Ended], memory: Memory) -> None:
        counts = {"ok": 0, "failed": 0, "skipped": 0, "stopped": run.stopped}
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
        self._say_recovered(memory, self.reading.known)

    def _say_recovered(self, memory: Memory, known: Collection[NodeId]) -> None:
        for id, standing in self.memory.nodes.items():
            if standing.fails and not standing.follows and not memory.of(id).fails:
                why = "" if id in known else f": {GONE.message}"
                self.tell(f"recovered: {id}{why}")

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

    def _started(self, *words: str) -> Child | None:
        """A process of a command about the environment; None where there can be none now."""
        about = ["--env", self.asked.environment, *_profile(self.asked), *self.asked.words]
        try:
            return Child(self.asked.root, [*words, *about, "--format", "json"])
        except OSError as error:
            self._not_before = clock.monotonic() + LOCKED
            self.tell(f"no process can be started: {error}")
            return None

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
        for child in (self.reader.child, self.ages.child):
            if child is not None:
                child.kill()
        if self.runner is not None:
            # Something of ours is wrong, and the run is not: it puts on record what it has done.
            self.runner.stop(GRACE)
        with suppress(OSError):
            self.place.heartbeat.unlink()


def _profile(asked: Asked) -> list[str]:
    return [] if asked.profile is None else ["--profile", str(asked.profile)]
