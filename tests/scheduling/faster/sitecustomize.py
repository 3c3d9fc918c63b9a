"""Lets the days of every process pass faster: Python imports this module when it starts.

``SOAK_CLOCK`` holds the real moment at which it began, the moment that it showed then (both in
seconds since 1970) and how much faster it goes. The file ``jumps`` in ``SOAK_HOME`` has a line for
each time that somebody has set the clock: the real moment, and by how many seconds.
"""

import os
import sys
import time


def _jumped(path, real):
    try:
        with open(path) as file:
            lines = [line.split() for line in file]
    except OSError:
        return 0.0
    return sum(float(seconds) for moment, seconds in lines if float(moment) <= real)


def _replace_clock():
    from datetime import UTC, datetime

    from seeknal.host import clock

    began, shown, rate = map(float, os.environ["SOAK_CLOCK"].split())
    jumps = os.path.join(os.environ["SOAK_HOME"], "jumps")

    def now():
        real = time.time()
        return datetime.fromtimestamp(shown + (real - began) * rate + _jumped(jumps, real), UTC)

    clock.now = now
    clock.monotonic = lambda: time.monotonic() * rate
    clock.wait = lambda event, seconds: event.wait(max(seconds, 0) / rate)


def _words():
    """What ``python -m seeknal`` was given; None in other processes."""
    words = sys.orig_argv
    for at, word in enumerate(words[:-1]):
        if word == "-m" and words[at + 1] == "seeknal":
            return words[at + 2 :]
    return None


if "SOAK_CLOCK" in os.environ:
    try:
        _replace_clock()
    except ImportError:
        pass
    else:
        if (words := _words()) is not None:
            import soak_probe

            soak_probe.begin(words)
            if os.environ.get("SOAK_PLANT"):
                import soak_planted

                soak_planted.plant(os.environ["SOAK_PLANT"], words)
