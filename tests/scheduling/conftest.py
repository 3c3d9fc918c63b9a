"""Schedulers in this process, by a clock that the test lets go; their runs are real processes."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from seeknal.scheduling import daemon as daemons
from seeknal.scheduling.place import Place

STEP = 0.02
"""Seconds of a test in which a second passes for the scheduler."""


class Watched:
    """A scheduler whose thread is the test's; what it says is in ``lines``."""

    def __init__(self, root, now, environment):
        self.now = now
        self.passed = 0.0
        self.lines = []
        asked = daemons.Asked(root=root, environment=environment)
        self.place = Place.of(root / "target", environment)
        self.place.folder.mkdir(parents=True, exist_ok=True)
        self.daemon = daemons.Daemon(asked, self.place, lambda: True, self.lines.append)

    def pass_time(self, seconds):
        self.passed += seconds
        self.now += timedelta(seconds=seconds)

    def until(self, word, most=60.0):
        """Let it work until it says a word; gives what it has said since."""
        begun, deadline = len(self.lines), time.monotonic() + most
        while not any(word in line for line in self.lines[begun:]):
            assert time.monotonic() < deadline, (word, self.lines)
            self._go_on()
        return self.lines[begun:]

    def during(self, seconds):
        """Let so many seconds pass; gives what it has said meanwhile."""
        begun, over = len(self.lines), self.passed + seconds
        while self.passed < over or self.is_busy:
            self._go_on()
        return self.lines[begun:]

    def _go_on(self):
        self.daemon.step()
        time.sleep(STEP if self.is_busy else 0)
        self.pass_time(0.25 if self.is_busy else 1.0)

    @property
    def is_busy(self):
        """Whether a process of it is at work, in time that nobody can let pass."""
        daemon = self.daemon
        return daemon.is_busy or any((daemon.ages.child, daemon.postman._child))

    def end(self):
        self.daemon.stop()
        while not self.daemon.is_over:
            self.daemon.step()
            time.sleep(STEP)
        self.daemon._shut_down()


@pytest.fixture
def scheduler(monkeypatch):
    """Starts the scheduler of a project, at noon of the day after tomorrow or so much later.

    Its runs go by the clock of the machine: what they make is from before then.
    """
    started = []

    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    noon = day + timedelta(days=2, hours=12, seconds=30)

    def start(project, later=timedelta(), environment="prod"):
        watched = Watched.__new__(Watched)
        watched.now, watched.passed = noon + later, 0.0
        monkeypatch.setattr("seeknal.host.clock.now", lambda: watched.now)
        monkeypatch.setattr("seeknal.host.clock.monotonic", lambda: watched.passed)
        watched.__init__(project.path, watched.now, environment)
        started.append(watched)
        return watched

    yield start
    for each in started:
        each.end()
