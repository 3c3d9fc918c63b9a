"""Lets a scheduler run by a faster clock while much happens to it, and writes down what is seen."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.scheduling import shop
from tests.scheduling.endpoint import Endpoint
from tests.scheduling.faults import Happens

FASTER = Path(__file__).parent / "faster"
SECRET = "whsec_" + "c29hay1zZWNyZXQtb2YtMjQtYnl0ZXM="
TOKEN = "t0ken-in-the-address"
PULSE = 0.1
"""Seconds between two looks of the driver at everything."""
TELL = """import sys
with open(sys.argv[1], "a") as file:
    file.write(sys.stdin.read().replace("\\n", " ") + "\\n")
"""


class Soak:
    """One run of a scheduler, with all that happens to it."""

    def __init__(
        self, folder: Path, *, until: datetime, rate: float, seed: int, plant: str = ""
    ) -> None:
        self.folder, self.until, self.rate, self.plant = folder, until, rate, plant
        self.home, self.root = folder / "home", folder / "project"
        (self.home / "faults").mkdir(parents=True)
        self.dice = random.Random(f"{seed} as it goes")
        self.heartbeat = max(300, round(5 * rate))
        # A message has two minutes to be sent in: faster than this no process begins within them.
        self.tells = rate <= 100
        self.endpoint = Endpoint(SECRET)
        self.scheduler: subprocess.Popen | None = None
        self.hands: list[subprocess.Popen] = []
        self.later: list[tuple[float, str, dict]] = []
        self.armed: list[tuple[str, dict]] = []
        self.alive: set[int] = set()
        self.stopped: set[int] = set()
        self.begun: list[int] = []
        self.read = 0
        self.grown = shop.BEGIN + 2 * shop.HOUR
        self.asking: threading.Thread | None = None
        self.asked = 0.0
        self.lock = threading.Lock()
        self.samples = (folder / "samples").open("a")
        self.events = (folder / "events").open("a")

    # What is written down

    def note(self, what: str, **more: object) -> None:
        line = {"what": what, "real": time.time(), "shown": self.shown().isoformat(), **more}
        with self.lock:
            self.events.write(json.dumps(line) + "\n")
            self.events.flush()

    def true(self) -> datetime:
        """What the clock would show had nobody set it."""
        gone = (time.time() - self.began) * self.rate
        return shop.BEGIN + timedelta(seconds=gone)

    def shown(self) -> datetime:
        jumps = self.home / "jumps"
        lines = jumps.read_text().split("\n")[:-1] if jumps.exists() else []
        return self.true() + timedelta(seconds=sum(float(line.split()[1]) for line in lines))

    # Beginning and end

    @contextlib.contextmanager
    def prepared(self) -> Iterator[None]:
        from seeknal_postgres import embedded
        from tests.postgres.server import Database, start

        found, free = embedded._free_port, embedded._free_port()
        # A server that is started again is where it was.
        embedded._free_port = lambda: free
        self.server = start(self.folder / "postgres", may_crash=True)
        try:
            self.database = Database(self.server)
            shop.prepare(self.database, self.until)
            shop.make(self.root, self.until)
            tell = self.folder / "tell.py"
            tell.write_text(TELL)
            command = [sys.executable, str(tell), str(self.folder / "told")]
            told = (
                f"notifications:\n"
                f"  - webhook: http://127.0.0.1:{self.endpoint.port}/hook?token={TOKEN}\n"
                f"    secret: {SECRET}\n  - command: {json.dumps(command)}\n"
            )
            shop.write(
                self.root / "profiles.yml",
                self.database.profile + "    connect_timeout: 2\n" + (told if self.tells else ""),
            )
            self.began = time.time()
            self.environment = {
                **os.environ,
                "SOAK_HOME": str(self.home),
                "SOAK_CLOCK": f"{self.began} {shop.BEGIN.timestamp()} {self.rate}",
                "SOAK_PLANT": self.plant,
                "PYTHONPATH": os.pathsep.join([str(FASTER), os.environ.get("PYTHONPATH", "")]),
                "PYTHONFAULTHANDLER": "1",
            }
            (self.folder / "clock").write_text(
                json.dumps(
                    {
                        "began": self.began,
                        "rate": self.rate,
                        "heartbeat": self.heartbeat,
                        "tells": self.tells,
                    }
                )
            )
            yield
        finally:
            for process in [*self.hands, *([self.scheduler] if self.scheduler else [])]:
                with contextlib.suppress(OSError):
                    process.kill()
            for pid in self.alive:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self.endpoint.down()
            self.server.stop()
            shutil.rmtree(self.server._home, ignore_errors=True)
            embedded._free_port = found

    def run(self, plan: Iterable[Happens]) -> None:
        """Play a plan to its end."""
        left = list(plan)
        self.start()
        ticking = time.time()
        while self.true() < self.until:
            while left and left[0].at <= self.true():
                happens = left.pop(0)
                self.happen(happens.what, dict(happens.more))
            due = [entry for entry in self.later if entry[0] <= time.time()]
            for entry in due:
                self.later.remove(entry)
                self.happen(entry[1], entry[2])
            self.look()
            if time.time() - ticking > 0.5:
                ticking = time.time()
                self.sample()
            if time.time() - self.asked > 10 and not (self.asking and self.asking.is_alive()):
                self.asked = time.time()
                self.asking = threading.Thread(target=self.ask, daemon=True)
                self.asking.start()
            time.sleep(PULSE)
        self.end()

    def end(self) -> None:
        """Stop what is left and write down how all is."""
        if self.asking is not None:
            self.asking.join()
        self.note("calm")
        self.begun.clear()
        # What was due by now is done once a run has ended that began later.
        self.watch(40, lambda: any(pid not in self.alive for pid in self.begun))
        self.watch(6, lambda: not self.children())
        self.note("over", children=self.children())
        self.ask()
        second = self.command("scheduler", "--heartbeat", f"{self.heartbeat}s", timeout=20)
        self.note("second", exit=second[0], said=second[1][-300:])
        scheduler = self.scheduler
        assert scheduler is not None
        begun = time.time()
        self.stopped.add(scheduler.pid)
        if scheduler.poll() is None:
            scheduler.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            scheduler.wait(15)
        self.note("ended", exit=scheduler.poll(), seconds=time.time() - begun)
        self.look()
        self.ask()
        _code, found = self.command("check-intervals", "--format", "json", errors=False)
        (self.folder / "intervals").write_text(found)
        (self.folder / "requests").write_text(
            "".join(json.dumps(request) + "\n" for request in self.endpoint.requests)
        )
        self.write_rows()
        self.samples.close()
        self.events.close()

    def watch(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Look on until something is so, or so much time is over."""
        until = time.time() + seconds
        while not is_over() and time.time() < until:
            self.look()
            time.sleep(PULSE)

    def write_rows(self) -> None:
        """What the tables and artifacts hold."""
        import duckdb

        rows: dict[str, list] = {}
        for table in filter(lambda table: self.exists(f"out.{table}"), ("hourly", "quarter")):
            found = self.database.rows(f"SELECT t, n, total FROM out.{table} ORDER BY t")
            rows[f"out.{table}"] = [[str(t), n, int(total)] for t, n, total in found]
        for table in shop.APPENDED:
            if self.exists(f"out.{table}"):
                found = self.database.rows(f"SELECT id FROM out.{table}")
                rows[f"out.{table}"] = [list(row) for row in found]
        for due in shop.DUE:
            if due.unit is None or due.node.startswith("source.") or due.node.endswith(".kept"):
                continue
            name = due.node.replace(".", "_")
            files = self.root / f"target/intermediate/{name}.parquet/*.parquet"
            query = f"SELECT t::VARCHAR, n, total FROM '{files}' ORDER BY t"
            with contextlib.suppress(duckdb.IOException):
                found = duckdb.sql(query).fetchall()
                rows[due.node] = [[t, n, int(total)] for t, n, total in found]
        (self.folder / "rows").write_text(json.dumps(rows))

    def exists(self, table: str) -> bool:
        return self.database.value("SELECT to_regclass(%s)", table) is not None

    # What is done

    def start(self) -> None:
        words = ["scheduler", "--heartbeat", f"{self.heartbeat}s"]
        with (self.folder / "scheduler.log").open("ab") as log:
            self.scheduler = subprocess.Popen(
                [sys.executable, "-m", "seeknal", *words],
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.note("scheduler starts", scheduler=self.scheduler.pid)

    def command(self, *words: str, timeout: float = 60, errors: bool = True) -> tuple[int, str]:
        """How a command ended, and what it said."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                [sys.executable, "-m", "seeknal", *words],
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if errors else subprocess.PIPE,
                text=True,
                timeout=timeout,
            )
            return done.returncode, done.stdout
        return -1, "it did not end"

    def happen(self, what: str, more: dict) -> None:
        self.note(what, **more)
        try:
            getattr(self, "on_" + what.replace(" ", "_"))(**more)
        except Exception as error:
            # The rest is worth to be seen all the same; the judge hears of it.
            self.note("it did not happen", why=f"{what}: {error!r}")

    def in_minutes(self, minutes: float, what: str, **more: object) -> None:
        """Something happens after so many minutes that are shown."""
        self.later.append((time.time() + minutes * 60 / self.rate, what, more))

    def on_kill_scheduler(self, pause: float) -> None:
        if self.scheduler is None or self.scheduler.poll() is not None:
            return
        self.stopped.add(self.scheduler.pid)
        self.scheduler.kill()
        self.scheduler.wait()
        self.note("scheduler is gone", how="kill", scheduler=self.scheduler.pid, exit=-9)
        self.in_minutes(pause, "start again")

    def on_start_again(self) -> None:
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.start()

    def on_kill_scheduler_at_work(self, pause: float) -> None:
        self.armed.append(("kill scheduler", {"pause": pause}))

    def on_stop(self, pause: float) -> None:
        scheduler = self.scheduler
        if scheduler is None or scheduler.poll() is not None:
            return
        self.stopped.add(scheduler.pid)
        scheduler.send_signal(signal.SIGTERM)

        def awaited() -> None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                scheduler.wait(20)
            self.note(
                "scheduler is gone", how="stop", scheduler=scheduler.pid, exit=scheduler.poll()
            )

        threading.Thread(target=awaited, daemon=True).start()
        self.in_minutes(pause, "start again")

    def on_stop_at_work(self, pause: float) -> None:
        self.armed.append(("stop", {"pause": pause}))

    def on_kill_child(self, after: float) -> None:
        self.armed.append(("kill this child", {"after": after}))

    def on_kill_this_child(self, after: float) -> None:
        children = self.children()
        if not children:
            return
        child = children[0]

        def kill() -> None:
            time.sleep(after)
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
                self.note("child is killed", child=child)

        threading.Thread(target=kill, daemon=True).start()

    def on_outage(self, minutes: float) -> None:
        if self.server.stop():
            self.in_minutes(minutes, "outage ends")

    def on_outage_ends(self) -> None:
        self.server.start()

    def on_node_fails(self, node: str, minutes: float) -> None:
        shop.write(self.home / "faults" / node, '{"fails": true}')
        self.in_minutes(minutes, "node mended", node=node)

    def on_node_hangs(self, node: str, minutes: float) -> None:
        seconds = minutes * 60 / self.rate
        shop.write(self.home / "faults" / node, json.dumps({"hangs": seconds, "fails": True}))
        # Mended once it has hung: whoever waits for the file sees it go.
        self.in_minutes(minutes + 35, "node mended", node=node)

    def on_node_mended(self, node: str) -> None:
        (self.home / "faults" / node).unlink(missing_ok=True)

    def on_by_hand(self, minutes: float) -> None:
        seconds = minutes * 60 / self.rate
        shop.write(self.home / "faults" / "manual", json.dumps({"hangs": seconds}))
        words = ["run", "--select", "transform.manual", "--lock-timeout", "30s", "--quiet"]
        self.hands.append(
            subprocess.Popen(
                [sys.executable, "-m", "seeknal", *words],
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    def on_edit(self, edit: str) -> None:
        found = next(each for each in shop.EDITS if each.name == edit)
        for name, text in found.files.items():
            if text is None:
                (self.root / name).unlink()
            else:
                shop.write(self.root / name, text)

    def on_broken(self, minutes: float) -> None:
        name, text = shop.BROKEN
        if (self.root / name).read_text() == text:
            return
        kept = (self.root / name).read_text()
        shop.write(self.root / name, text)
        self.note("project breaks")
        self.in_minutes(minutes, "mended", name=name, text=kept)

    def on_mended(self, name: str, text: str) -> None:
        shop.write(self.root / name, text)

    def on_rates(self) -> None:
        shop.write(self.root / "data/rates.csv", f"rate\n{self.dice.randrange(1000)}\n")

    def on_endpoint(self, mode: str, minutes: float) -> None:
        self.endpoint.turn(mode)
        self.in_minutes(minutes, "endpoint is good")

    def on_endpoint_is_good(self) -> None:
        self.endpoint.turn("good")

    def on_clock(self, seconds: float) -> None:
        with (self.home / "jumps").open("a") as file:
            file.write(f"{time.time()} {seconds}\n")

    # What is seen

    def look(self) -> None:
        """Follow what processes write of themselves, and let files grow."""
        seen = self.home / "seen"
        if seen.exists():
            with seen.open("rb") as file:
                file.seek(self.read)
                lines = file.read()
            whole = lines[: lines.rfind(b"\n") + 1]
            self.read += len(whole)
            for line in map(json.loads, whole.splitlines()):
                if line["what"] == "begin" and line["words"][0] == "run":
                    self.alive.add(line["pid"])
                    self.begun.append(line["pid"])
                    if self.scheduler and line["parent"] == self.scheduler.pid and self.armed:
                        what, more = self.armed.pop(0)
                        self.happen(what, more)
        for process in self.hands:
            process.poll()
        if self.scheduler is not None:
            code = self.scheduler.poll()
            if code is not None and self.scheduler.pid not in self.stopped:
                self.note("scheduler ended by itself", exit=code)
                self.start()
        for pid in [pid for pid in self.alive if not _lives(pid)]:
            self.alive.discard(pid)
            self.note("gone", run=pid)
        if self.true() + 2 * shop.HOUR > self.grown:
            after = self.grown + shop.HOUR / 2
            with (self.root / "data/events.csv").open("a") as file:
                file.write(shop.lines(self.grown, after))
            self.grown = after

    def children(self) -> list[int]:
        """Runs that the scheduler has started."""
        if self.scheduler is None:
            return []
        return [pid for pid in self.alive if _parent(pid) == self.scheduler.pid]

    def sample(self) -> None:
        """The heartbeat and the memory at this moment."""
        scheduler = self.scheduler
        if scheduler is None or scheduler.poll() is not None:
            return
        line: dict = {"real": time.time(), "scheduler": scheduler.pid}
        with contextlib.suppress(OSError, ValueError):
            beat = json.loads((self.root / "target/scheduler/prod/heartbeat.json").read_text())
            line["beat"] = beat["at"]
            line["of"] = beat["pid"]
            line["shown"] = self.shown().isoformat()
        with contextlib.suppress(OSError, StopIteration, ValueError):
            status = Path(f"/proc/{scheduler.pid}/status").read_text().splitlines()
            line["kilobytes"] = next(
                int(text.split()[1]) for text in status if text.startswith("VmRSS")
            )
            line["load"] = os.getloadavg()[0]
            line["files"] = len(os.listdir(f"/proc/{scheduler.pid}/fd"))
            line["threads"] = len(os.listdir(f"/proc/{scheduler.pid}/task"))
        self.samples.write(json.dumps(line) + "\n")
        self.samples.flush()

    def ask(self) -> None:
        """What ``scheduler status`` says."""
        begun = time.time()
        code, text = self.command("scheduler", "status", "--format", "json", errors=False)
        try:
            said: object = json.loads(text)
        except ValueError:
            said = None
        lives = self.scheduler is not None and self.scheduler.poll() is None
        self.note("status", begun=begun, exit=code, said=said, lives=lives)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0
