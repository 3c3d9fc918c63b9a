"""What processes and nodes of a soak write of themselves, and the mistakes that nodes make.

It shares nothing with seeknal: a line in ``SOAK_HOME/seen`` is true whatever seeknal believes.
"""

import atexit
import json
import os
import time

HOME = os.environ.get("SOAK_HOME", "")


def note(what, **more):
    """One line, in one write: several processes write at once."""
    line = json.dumps({"what": what, "pid": os.getpid(), "real": time.time(), **more})
    descriptor = os.open(
        os.path.join(HOME, "seen"), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644
    )
    try:
        os.write(descriptor, line.encode() + b"\n")
    finally:
        os.close(descriptor)


def begin(words):
    """A command begins; what it shows at its end is missing where it was killed."""
    scheduler = words[:1] == ["scheduler"] and not {"status", "notify"} & set(words)
    if scheduler or words[:1] == ["run"] or words[:2] == ["schedule", "list"]:
        note("begin", words=words, parent=os.getppid())
        atexit.register(note, "end")


def node(name, ctx=None):
    """A node at work: it says so, and fails or hangs when it is told to."""
    interval = getattr(ctx, "interval", None)
    told = [str(interval.start), str(interval.end)] if interval is not None else None
    note("node begins", node=name, interval=told)
    try:
        with open(os.path.join(HOME, "faults", name)) as file:
            fault = json.load(file)
    except (OSError, ValueError):
        fault = {}
    if fault.get("hangs"):
        until = time.time() + fault["hangs"]
        while time.time() < until and os.path.exists(os.path.join(HOME, "faults", name)):
            time.sleep(0.05)
    if fault.get("fails"):
        raise RuntimeError(f"{name} was told to fail")
    note("node ends", node=name, interval=told)


def unique():
    """What no other call ever gives."""
    return f"{os.getpid()}-{time.time_ns()}"
