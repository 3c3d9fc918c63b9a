"""Mistakes of a scheduler, so that its judge can be seen to find them."""

import subprocess
import time

from seeknal.host import clock


def plant(name, words):
    """Make the mistake of this name in the process of a scheduler."""
    if words[:1] == ["scheduler"] and not {"status", "notify"} & set(words):
        PLANTS[name]()


def forgets():
    """It remembers nothing of what it did before it was started."""
    from attrs import evolve

    from seeknal.scheduling import answers, memory

    reading_of = answers.reading_of

    def read(answer):
        found = reading_of(answer)
        return evolve(found, made_at={}) if isinstance(found, answers.Reading) else found

    memory.remembered = lambda path: None
    answers.reading_of = read


def twice():
    """Each fifth run is forgotten: its ticks are run for once more."""
    from seeknal.scheduling import due

    after, runs = due.after, []

    def forgetful(memory, *arguments):
        runs.append(None)
        return memory if len(runs) % 5 == 0 else after(memory, *arguments)

    due.after = forgetful


def skips():
    """Some ticks are never seen."""
    from seeknal.scheduling import due

    ticked = due.ticked

    def rarely(schedule, now):
        tick = ticked(schedule, now)
        return ticked(schedule, tick - 1) if tick // 60 % 7 == 3 else tick

    due.ticked = rarely


def drifts():
    """It waits a little longer each time."""
    wait, begun = clock.wait, clock.monotonic()
    clock.wait = lambda event, seconds: wait(event, seconds + (clock.monotonic() - begun) * 0.1)


def second():
    """Each run is begun twice."""
    popen = subprocess.Popen

    def doubled(words, **more):
        if "--lock-timeout" in words:
            nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            popen(words, **{**more, **nowhere})
        return popen(words, **more)

    subprocess.Popen = doubled


def leaks():
    """Each look at the clock keeps something."""
    wait, kept = clock.wait, []

    def leaking(event, seconds):
        kept.append(bytes(16_000))
        return wait(event, seconds)

    clock.wait = leaking


def heartless():
    """No sign of life while a run goes on."""
    from seeknal.scheduling import heartbeat

    beat = heartbeat.beat

    def seldom(path, sign):
        if sign.running is None:
            beat(path, sign)

    heartbeat.beat = seldom


def silent():
    """Nobody is told of anything."""
    from seeknal.scheduling import news

    news.news_of = lambda memory: ()


def repeats():
    """Each attempt that fails is told anew."""
    from seeknal.scheduling import news

    news.told = lambda memory, told: memory


def rewrites():
    """A message that is sent again has another body."""
    from attrs import evolve

    from seeknal.scheduling import outbox

    tried = outbox.tried

    def other(message, now):
        return tried(evolve(message, body={**message.body, "text": f"again {time.time()}"}), now)

    outbox.tried = other


def hurries():
    """What has failed is tried again at once."""
    from seeknal.scheduling import delays, memory

    memory.DELAY = delays.Delay(1)


PLANTS = {
    plant.__name__: plant
    for plant in (
        forgets,
        twice,
        skips,
        drifts,
        second,
        leaks,
        heartless,
        silent,
        repeats,
        rewrites,
        hurries,
    )
}
