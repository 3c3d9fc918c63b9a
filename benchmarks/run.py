"""Measures seeknal against plain DuckDB and writes the table of results.

python benchmarks/run.py [--only NAME ...] [--quick] [--times 3] [--output FILE]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import logical
from measure import Command, Sample, interleaved, run

if TYPE_CHECKING:
    from filepaths import Bench as CsvBench

HERE = Path(__file__).resolve().parent
SEEKNAL = (sys.executable, "-m", "seeknal")
BEGIN, END = "<!-- measured -->\n", "<!-- end of measured -->"
FLOOR = (sys.executable, str(HERE / "floor.py"))


@dataclass(frozen=True)
class Line:
    """One line of the table. ``bar`` says what must hold, ``met`` whether it does."""

    scenario: str
    measured: str
    floor: str
    bar: str
    met: bool


@dataclass(frozen=True)
class Setting:
    """Where projects are made, and how thorough a measurement is."""

    folder: Path
    times: int
    quick: bool


def project(setting: Setting, name: str, steps: list[logical.Step], rows: int = 1000) -> Path:
    root = setting.folder / name
    if not root.exists():
        make_sources(root, steps, rows)
        logical.write_seeknal(root, steps)
        logical.write_floor(root, steps)
    return root


def make_sources(root: Path, steps: list[logical.Step], rows: int) -> None:
    """In a process of its own: the peak memory of one that starts others is counted for them."""
    names = [step.name for step in steps if step.sql is None]
    subprocess.run(
        [sys.executable, str(HERE / "logical.py"), str(root / "data"), str(rows), *names],
        check=True,
    )


def fresh(root: Path) -> Callable[[], None]:
    """Forget everything that runs left behind."""

    def forget() -> None:
        for name in ("target", "floor_output"):
            shutil.rmtree(root / name, ignore_errors=True)

    return forget


def seeknal(root: Path, *arguments: str, prepare: Callable[[], None] = lambda: None) -> Command:
    return Command((*SEEKNAL, *arguments), root, prepare)


def floor(root: Path) -> Command:
    return Command((*FLOOR, str(root)), root, lambda: shutil.rmtree(root / "floor_output", True))


def cpu(sample: Sample) -> str:
    return f"{sample.cpu:.2f} CPU s, {sample.wall:.2f} s wall, {sample.peak:.0f} MiB"


def start_up(setting: Setting) -> list[Line]:
    """Commands that build nothing, beside what DuckDB needs to build 100 small nodes.

    Machines differ from day to day by more than a change here does, so each is a ratio to the
    floor in the same rounds.
    """
    typed = {"_SEEKNAL_COMPLETE": "bash_complete", "COMP_WORDS": "seeknal ru", "COMP_CWORD": "1"}
    bars = {
        "`seeknal --help`": (seeknal(setting.folder, "--help"), 0.36),
        "`seeknal --version`": (seeknal(setting.folder, "--version"), 0.36),
        "completion of a command": (replace(seeknal(setting.folder), environment=typed), 0.36),
    }
    return _beside_first_build(setting, bars)


def no_op(setting: Setting) -> list[Line]:
    bars = {}
    for count, bar in ((100, 0.50), (2000, 0.95)):
        root = project(setting, f"small{count}", logical.small(count))
        run(seeknal(root, "run", "-q"))
        bars[f"no-op run, {count:,} nodes"] = (seeknal(root, "run", "-q"), bar)
    return _beside_first_build(setting, bars)


def _beside_first_build(setting: Setting, bars: dict[str, tuple[Command, float]]) -> list[Line]:
    plain = floor(project(setting, "small100", logical.small(100)))
    commands = {name: command for name, (command, _) in bars.items()}
    found = interleaved({**commands, "floor": plain}, setting.times * 3)
    base = found.pop("floor")
    return [
        Line(
            name,
            f"{cpu(sample)} = {sample.cpu / base.cpu:.2f}x CPU",
            cpu(base),
            f"<= {bars[name][1]:.2f}x the floor's 100 nodes",
            sample.cpu / base.cpu <= bars[name][1],
        )
        for name, sample in found.items()
    ]


def environments(setting: Setting) -> list[Line]:
    """Every transform has another definition in dev; its map is made, moved and put back."""
    count = 200 if setting.quick else 1_000
    steps = logical.small(count)
    root = project(setting, f"environments{count}", steps)
    run(seeknal(root, "run", "-q"))
    for step in steps:
        if step.sql is not None:
            file = root / "seeknal" / f"{step.name}.yml"
            file.write_text(f"{file.read_text().rstrip()} LIMIT 1000000\n")
    run(seeknal(root, "run", "-q", "--env", "dev"))
    before = _stored(root)
    names = iter(f"new{number}" for number in range(100))
    found: dict[str, list[Sample]] = {}
    for _ in range(setting.times):
        commands = {
            "create an environment": ("env", "create", next(names)),
            "promote": ("promote", "dev", "--yes"),
            "roll back": ("rollback", "prod"),
        }
        for name, arguments in commands.items():
            found.setdefault(name, []).append(run(seeknal(root, *arguments)))
    copied = "no data copied" if _stored(root) == before else "DATA COPIED"
    lines = []
    for name, samples in found.items():
        sample = sorted(samples, key=lambda sample: sample.cpu)[len(samples) // 2]
        met = sample.cpu <= 0.30 and copied == "no data copied"
        text = f"{cpu(sample)}, {copied}"
        lines.append(Line(f"{name}, {count:,} nodes", text, "", "<= 0.30 CPU s", met))
    return lines


def _stored(root: Path) -> set[Path]:
    return set((root / "target" / "cache").rglob("*.parquet"))


def load(setting: Setting) -> list[Line]:
    root = project(setting, "small500", logical.small(500))
    commands = {
        "validate without cache": seeknal(root, "validate", prepare=fresh(root)),
        "validate, nothing changed": seeknal(root, "validate"),
    }
    found = interleaved(commands, setting.times)
    bars = {"validate without cache": 1.5, "validate, nothing changed": 0.5}
    return [
        Line(
            f"{name}, 500 nodes, all SQL bound",
            cpu(sample),
            "",
            f"<= {bars[name]} CPU s",
            sample.cpu <= bars[name],
        )
        for name, sample in found.items()
    ]


def first_build(setting: Setting) -> list[Line]:
    lines, over = [], {}
    for count, extra, memory in ((100, 0.3, 0), (500, 0.0, 150)):
        root = project(setting, f"small{count}", logical.small(count))
        found = interleaved(
            {"run": seeknal(root, "run", "-q", prepare=fresh(root)), "floor": floor(root)},
            setting.times,
        )
        ours, plain = found["run"], found["floor"]
        over[count] = ours.cpu - plain.cpu
        limit = 2.0 * plain.cpu + extra
        met = ours.cpu <= limit and (not memory or ours.peak <= memory)
        text = f"<= 2.0x floor{' + 0.3 s' if extra else ''} (= {limit:.2f} CPU s)"
        text += f", <= {memory} MiB" if memory else ""
        scenario = f"first build, {count} small nodes"
        lines.append(Line(scenario, cpu(ours), cpu(plain), text, met))
    cost = (over[500] - over[100]) / 400 * 1000
    text = f"{cost:.1f} CPU ms over the floor's"
    return [*lines, Line("one more small node", text, "", "<= 3.5 ms", cost <= 3.5)]


def edits(setting: Setting) -> list[Line]:
    """One edit of SQL, and edits that change no rows; each round writes something new."""
    steps = logical.small(100)
    root = project(setting, "small100", steps)
    edited = min(
        (step for step in steps if step.sql == logical.SHAPES[0]),
        key=lambda step: abs(logical.rebuilt_with(step, steps) - 31),
    )
    file = root / "seeknal" / f"{edited.name}.yml"
    text = logical.node_text(edited, steps)
    head, body = text.split("inputs:\n")
    versions = {
        "edit of one node of 100": lambda n: text.replace("v * 2", f"v * {n}"),
        "edit of a comment": lambda n: text.replace("v * 2", f"v * 2 /* {n} */"),
        "edit of a description": lambda n: text.replace("generated", f"generated {n}"),
        "edit of the order of keys": lambda n: f"inputs:\n{body}{head}# {n}\n",
    }
    lines = []
    for scenario, version in versions.items():
        file.write_text(text)
        run(seeknal(root, "run", "-q"))
        executed = _executed(root, file, version(2_000))
        change = _writer(file, version)
        commands = {
            "run": seeknal(root, "run", "-q", prepare=change),
            "no-op": seeknal(root, "run", "-q"),
        }
        found = interleaved(commands, setting.times)
        ours, idle = found["run"], found["no-op"]
        rows = scenario == "edit of one node of 100"
        limit = 1.2 if rows else idle.cpu + 0.4
        met = ours.cpu <= limit and (rows or executed == 0)
        bar = "<= 1.2 CPU s" if rows else "0 nodes executed, <= no-op + 0.4 s"
        name = f"{scenario} ({executed} executed)"
        lines.append(Line(name, cpu(ours), f"{cpu(idle)} (no-op)", bar, met))
    return lines


def _executed(root: Path, file: Path, text: str) -> int:
    """How many nodes a run executes after ``file`` has become ``text``."""
    file.write_text(text)
    command = [*SEEKNAL, "run", "--format", "json"]
    done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    return sum(node["status"] != "reused" for node in json.loads(done.stdout)["nodes"])


def _writer(file: Path, version: Callable[[int], str]) -> Callable[[], None]:
    """Writes the next version of a file each time that it is called."""
    numbers = iter(range(3, 1_000))

    def write() -> None:
        file.write_text(version(next(numbers)))

    return write


def heavy(setting: Setting) -> list[Line]:
    rows = 200_000 if setting.quick else 5_000_000
    root = project(setting, "heavy", logical.heavy(), rows)
    found = interleaved(
        {"run": seeknal(root, "run", "-q", prepare=fresh(root)), "floor": floor(root)},
        setting.times,
    )
    ours, plain = found["run"], found["floor"]
    ratios = (ours.cpu / plain.cpu, ours.wall / plain.wall, ours.peak / plain.peak)
    text = cpu(ours) + f" = {ratios[0]:.2f}x CPU, {ratios[1]:.2f}x wall, {ratios[2]:.2f}x memory"
    met = ratios[0] <= 1.10 and ratios[1] <= 1.10 and ratios[2] <= 1.3
    return [
        Line(
            f"heavy: 8 nodes over {rows:,} rows",
            text,
            cpu(plain),
            "<= 1.10x CPU and wall, <= 1.3x memory",
            met,
        )
    ]


def long_chain(setting: Setting) -> list[Line]:
    lines = []
    sizes = (100, 200) if setting.quick else (2_500, 5_000, 10_000)
    seconds = []
    for count in sizes:
        root = project(setting, f"chain{count}", logical.chain(count))
        found = run(seeknal(root, "run", "-q", prepare=fresh(root)))
        seconds.append(found.cpu / count)
        lines.append((count, found))
    slope = seconds[-1] / seconds[0]
    text = "; ".join(f"{count:,}: {cpu(found)}" for count, found in lines)
    return [Line(f"chain of {sizes[-1]:,} nodes", text, "", "plans and runs, linear", slope < 1.3)]


def postgres(setting: Setting) -> list[Line]:
    from pgpaths import Bench, ingesting, reading, server, writing

    many, some = (100_000, 50_000) if setting.quick else (5_000_000, 1_000_000)
    lines = []
    with server(setting.folder / "postgres") as found:
        bench = Bench(found, setting.folder, many)
        ratio, peak = reading(bench, "adbc", setting.times)
        lines.append(_moved(f"PostgreSQL: read {many:,} rows", ratio, peak, 0.35, 400))
        bench = Bench(found, setting.folder, some)
        for mode, name, bar in (("append", "first load", 0.85), ("upsert_by_key", "upsert", 0.45)):
            ratio, peak = writing(bench, mode, setting.times)
            lines.append(_moved(f"PostgreSQL: {name} of {some:,} rows", ratio, peak, bar, 250))
        for rows in (some, many):
            ratio, peak = ingesting(bench, rows, setting.times)
            text = f"{ratio:.2f} times the pipe, {peak:.0f} MiB"
            name = f"ingest of {rows:,} rows from PostgreSQL to Parquet and PostgreSQL"
            lines.append(Line(name, text, "psql COPY | psql COPY", "<= 3.0", ratio <= 3.0))
    return lines


def _moved(name: str, ratio: float, peak: float, bar: float, most: int) -> Line:
    met = ratio >= bar and peak <= most
    text = f"{ratio:.2f} of psql's speed, {peak:.0f} MiB"
    return Line(name, text, "psql binary COPY", f">= {bar}, <= {most} MiB", met)


def iceberg(setting: Setting) -> list[Line]:
    from icebergpaths import Bench, appending, merging, reading

    many, some = (100_000, 50_000) if setting.quick else (5_000_000, 1_000_000)
    few = Bench(setting.folder, some)
    _, low = appending(few, 1)
    bench = Bench(setting.folder, many)
    ratio, peak = appending(bench, setting.times)
    lines = [
        _beside_parquet(f"Iceberg: append {many:,} rows", ratio, peak, 0.85),
        Line(
            f"Iceberg: memory of {many:,} rows beside {some:,}",
            f"{peak:.0f} and {low:.0f} MiB = {peak / low:.2f}x",
            "",
            "flat",
            peak / low <= 1.3,
        ),
    ]
    ratio, peak = reading(bench, setting.times)
    lines.append(_beside_parquet(f"Iceberg: read {many:,} rows", ratio, peak, 0.7))
    wall, peak = merging(bench, 10_000, setting.times)
    text = f"{wall:.2f} s, {peak:.0f} MiB"
    lines.append(Line(f"Iceberg: upsert 10,000 rows into {many:,}", text, "", "<= 2 s", wall <= 2))
    return lines


def _beside_parquet(name: str, ratio: float, peak: float, bar: float) -> Line:
    met = ratio >= bar and peak <= 500
    text = f"{ratio:.2f} of DuckDB's speed, {peak:.0f} MiB"
    return Line(name, text, "COPY of Parquet", f">= {bar}, <= 500 MiB", met)


def csv_files(setting: Setting) -> list[Line]:
    from filepaths import Bench

    some, many = (20_000, 50_000) if setting.quick else (2_000_000, 12_000_000)
    several, one = Bench(setting.folder, 4, some), Bench(setting.folder, 1, many)
    return [
        _beside_copy("CSV: first load of 4 files", several, 20_480, setting.times, 1.15),
        _beside_copy("CSV: first load of a large file", one, -1, setting.times, 1.25),
    ]


def _beside_copy(name: str, bench: CsvBench, sample_size: int, times: int, most: float) -> Line:
    found, floor = bench.beside(sample_size, times)
    wall, peak = found.wall / floor.wall, found.peak / floor.peak
    return Line(
        f"{name}, {bench.bytes / 2**20:,.0f} MiB",
        f"{cpu(found)} = {wall:.2f}x wall, {peak:.2f}x memory",
        f"COPY of DuckDB's, sample_size {sample_size:,}: {cpu(floor)}",
        f"<= {most}x wall, <= 1.3x memory",
        wall <= most and peak <= 1.3,
    )


def dialects(setting: Setting) -> list[Line]:
    """A file of nodes that DuckDB reads as well: each dialect beside the same file without one."""
    from dialects import DIALECTS, edited, write_project

    nodes = 50 if setting.quick else 300
    roots = {name: setting.folder / f"dialects-{name}" for name in ("duckdb", *DIALECTS)}
    for name, root in roots.items():
        write_project(root, nodes, name)
    measured = {
        "list without cache": (("list",), fresh, 1.2),
        "list, nothing changed": (("list",), lambda root: lambda: None, 1.2),
        "first validate": (("validate",), fresh, 1.2),
        "validate after an edit of one node": (("validate",), edited, 1.2),
        "validate, nothing changed": (("validate",), lambda root: lambda: None, 1.2),
    }
    lines = []
    for scenario, (words, prepared, bar) in measured.items():
        commands = {
            name: seeknal(root, *words, prepare=prepared(root)) for name, root in roots.items()
        }
        found = interleaved(commands, setting.times)
        base = found.pop("duckdb")
        ratios = {name: sample.cpu / base.cpu for name, sample in found.items()}
        text = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
        met = max(ratios.values()) <= bar
        scenario = f"{scenario}, {nodes} nodes with `dialect:`"
        lines.append(Line(scenario, text, cpu(base), f"<= {bar}x CPU without", met))
    return lines


def intervals(setting: Setting) -> list[Line]:
    from intervals import Years, idle, one_more_day, seconds_of_due

    due = seconds_of_due(setting.times * 20) * 1000
    text = f"{due:.2f} ms"
    lines = [Line("due: two years of hours, 1,752 gaps", text, "", "<= 2 ms", due <= 2)]
    days = 365 if setting.quick else 3_652
    years, few = Years(setting.folder, days), Years(setting.folder, days // 10)
    ranges = f"{days * 288:,} ranges of 5 minutes, 2 nodes"
    found = years.planned()
    met = found.cpu <= 1 and found.peak <= 100
    lines.append(Line(f"plan: {ranges}", cpu(found), "", "<= 1 CPU s, <= 100 MiB", met))
    filled, base = years.filled(), few.filled()
    growth = filled.sample.cpu / base.sample.cpu
    text = f"{filled.files} files and {filled.journal / 2**20:.1f} MiB of journal at most,"
    text += f" {filled.left} files and {filled.state / 1024:.0f} KiB of state at the end"
    met = growth <= 12 and filled.files <= 500 and filled.sample.peak <= 200
    bar = "<= 12x CPU of a tenth of it, <= 500 files, <= 200 MiB"
    told = f"{cpu(filled.sample)} = {growth:.1f}x, {text}"
    lines.append(Line(f"backfill: {ranges}", told, cpu(base.sample), bar, met))
    plain, many = one_more_day(setting.folder, (30, 1_095), setting.times * 2)
    ratio = many.cpu / plain.cpu
    text = f"{cpu(many)} = {ratio:.2f}x CPU"
    name = "one more day of 1,095, beside one more of 30"
    lines.append(Line(name, text, cpu(plain), "<= 1.15x CPU", ratio <= 1.15))
    tracked, others = idle(setting.folder, 1_095, setting.times * 5)
    ratio = tracked.cpu / others.cpu
    text = f"{cpu(tracked)} = {ratio:.2f}x CPU"
    name = "no-op run of 10 tracked nodes, beside 10 others"
    lines.append(Line(name, text, cpu(others), "<= 1.2x CPU", ratio <= 1.2))
    return lines


SCENARIOS = {
    "start-up": start_up,
    "no-op": no_op,
    "environments": environments,
    "load": load,
    "dialects": dialects,
    "first-build": first_build,
    "edits": edits,
    "heavy": heavy,
    "chain": long_chain,
    "postgres": postgres,
    "iceberg": iceberg,
    "csv": csv_files,
    "intervals": intervals,
}


def table(lines: list[Line]) -> str:
    rows = [
        (line.scenario, line.measured, line.floor, line.bar, "yes" if line.met else "NO")
        for line in lines
    ]
    head = [("scenario", "measured", "floor", "must", "met"), ("---",) * 5]
    return "".join(f"| {' | '.join(row)} |\n" for row in (*head, *rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=sorted(SCENARIOS), default=list(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--times", type=int, default=3, help="rounds; medians are shown")
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(Path(folder), arguments.times, arguments.quick)
        lines = []
        for name in arguments.only:
            print(f"{name} ...", file=sys.stderr, flush=True)
            lines += SCENARIOS[name](setting)
            print(table(lines[-1:]), file=sys.stderr, flush=True)
    text = table(lines)
    print(text)
    if arguments.output:
        write(arguments.output, text)


def write(file: Path, table: str) -> None:
    """Put the table into ``file``: between its markers when it has them."""
    before, begin, rest = (file.read_text() if file.exists() else "").partition(BEGIN)
    _, end, after = rest.partition(END)
    file.write_text(f"{before}{begin}\n{table}{end}{after}" if end else table, encoding="utf-8")


if __name__ == "__main__":
    main()
