"""Nothing good is lost: failures, kills, full disks and two runs at once."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from tests.e2e.conftest import SALES, executed, steps

pytestmark = pytest.mark.once


def test_a_failing_node_skips_its_descendants_and_keeps_what_was_there(sales):
    before = sales.rows("transform.enriched")
    file = sales.path / "seeknal/transforms/enriched.yml"
    file.write_text(file.read_text().replace("o.amount,", "CAST(c.region AS INTEGER) AS amount,"))
    data = sales.path / "data/orders.csv"
    data.write_text(data.read_text() + "4,b,9\n")

    outcome = sales.run("run", "--format", "json")

    assert outcome.exit_code == 1
    assert steps(outcome)["transform.enriched"][0] == "failed"
    assert steps(outcome)["transform.by_region"] == ("skipped", "transform.enriched failed")
    assert steps(outcome)["transform.big"][0] == "success"
    assert sales.rows("transform.enriched") == before


def test_a_run_after_a_failure_resumes(sales):
    file = sales.path / "seeknal/transforms/enriched.yml"
    good = file.read_text()
    file.write_text(good.replace("o.amount,", "1 // (o.amount - o.amount)::VARCHAR AS amount,"))
    assert sales.run("run").exit_code == 1
    file.write_text(good.replace("o.amount,", "o.amount + 1 AS amount,"))

    outcome = sales.run("run", "--format", "json").assert_ok()

    assert executed(outcome) == {"transform.enriched", "transform.by_region"}


@pytest.fixture
def spawn():
    """Starts commands as processes of their own; what still runs at the end is killed."""
    started = []

    def start(project, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "seeknal", *arguments],
            cwd=project.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def chain(length):
    """A project whose run takes long enough to be killed in the middle."""
    files = {"seeknal_project.yml": "name: chain\n", "data/a.csv": "x\n" + "1\n2\n3\n" * 50}
    files["seeknal/s.yml"] = "{kind: source, name: n0, source: csv, table: data/a.csv}\n"
    for number in range(1, length):
        parent = f"{'source' if number == 1 else 'transform'}.n{number - 1}"
        files[f"seeknal/n{number}.yml"] = (
            f"kind: transform\nname: n{number}\ninputs: [{{ref: {parent}}}]\n"
            f"sql: SELECT x + 1 AS x, count(*) OVER () AS n FROM ref('{parent}')\n"
        )
    return files


def kill_and_run_again(project, spawn, seed, moments):
    clean = None
    chooser = random.Random(seed)
    for moment in range(moments):
        data = project.path / "data/a.csv"
        data.write_text("x\n" + "".join(f"{value}\n" for value in range(moment, moment + 90)))
        process = spawn(project, "run")
        time.sleep(chooser.uniform(0.15, 1.3))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        project.run("run").assert_ok()
        rows = sorted(project.rows("transform.n39"))
        clean = sorted((value + 39, 90) for value in range(moment, moment + 90))
        assert rows == clean, f"seed {seed}, moment {moment}"
    leftovers = [path for path in (project.path / "target").rglob("*") if ".tmp" in path.name]
    assert leftovers == []


def test_a_killed_run_is_made_whole_by_the_next_one(seeknal_project, spawn):
    kill_and_run_again(seeknal_project(chain(40)), spawn, seed=20261121, moments=4)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_thirty_kills_are_made_whole(seeknal_project, spawn):
    kill_and_run_again(seeknal_project(chain(40)), spawn, seed=7, moments=30)


SLOW = {
    "seeknal_project.yml": "name: slow\n",
    "seeknal/pipelines/slow.py": """
        import time
        from seeknal import transform

        @transform(name="slow")
        def slow(ctx):
            time.sleep(3)
            return [{"a": 1}]
    """,
}


def wait_for(path, seconds=20):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)


def test_a_second_run_says_who_holds_the_lock(seeknal_project, spawn):
    project = seeknal_project(SLOW)
    first = spawn(project, "run")
    wait_for(project.path / "target/.lock.json")

    second = spawn(project, "run")
    _, message = second.communicate(timeout=30)
    first.communicate(timeout=30)

    assert second.returncode == 1
    assert str(first.pid) in message
    assert "run" in message
    assert first.returncode == 0


def test_a_second_run_may_wait_for_the_first(seeknal_project, spawn):
    project = seeknal_project(SLOW)
    first = spawn(project, "run")
    wait_for(project.path / "target/.lock.json")

    second = spawn(project, "run", "--lock-timeout", "30s")

    second.communicate(timeout=60)
    first.communicate(timeout=60)

    assert second.returncode == 0
    assert first.returncode == 0


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_and_leaves_a_consistent_state(seeknal_project, spawn, name):
    files = dict(SLOW)
    files["seeknal/heavy.yml"] = """
        kind: transform
        name: heavy
        sql: SELECT sum(a.range * b.range) AS s FROM range(10000000) a, range(100000) b
    """
    project = seeknal_project(files)
    process = spawn(project, "run")
    wait_for(project.path / "target/.lock.json")
    time.sleep(1.5)

    process.send_signal(name)
    _, message = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Traceback" not in message
    assert list((project.path / "target").rglob("*.tmp*")) == []


def test_a_full_disk_is_a_clear_error_and_old_results_stay(sales):
    """A file size limit stands in for the disk: the kernel refuses the write in the same way."""
    before = sales.rows("transform.enriched")
    file = sales.path / "seeknal/transforms/enriched.yml"
    file.write_text(
        file.read_text()
        .replace("o.amount,", "md5(random()::VARCHAR) AS amount,")
        .replace("USING (customer)", "USING (customer), range(30000)")
    )
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000));"
        "from seeknal.cli import main; sys.exit(main(['run']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=sales.path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "transform.enriched" in done.stderr
    assert sales.rows("transform.enriched") == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes to read-only folders")
def test_a_read_only_target_is_a_clear_error(sales):
    target = sales.path / "target"
    target.chmod(0o555)
    try:
        outcome = sales.run("run", "--full")
    finally:
        target.chmod(0o755)

    assert outcome.exit_code == 1
    assert "target" in outcome.stderr


def many(count):
    """A hundred nodes over random data, with aggregates, windows and joins."""
    chooser = random.Random(3)
    rows = "".join(f"{i},{chooser.randint(0, 9)},{chooser.random()}\n" for i in range(400))
    files = {"seeknal_project.yml": "name: many\n", "data/a.csv": f"id,k,v\n{rows}"}
    files["seeknal/s.yml"] = "{kind: source, name: n0, source: csv, table: data/a.csv}\n"
    shapes = (
        "SELECT id, k, v FROM ref('{a}') WHERE v > 0.01",
        "SELECT min(id) AS id, k, sum(v) AS v FROM ref('{a}') GROUP BY k, id % 40",
        "SELECT a.id, a.k, b.v FROM ref('{a}') a JOIN ref('{b}') b USING (id)",
        "SELECT id, k, avg(v) OVER (PARTITION BY k ORDER BY id) AS v FROM ref('{a}')",
    )
    names = ["source.n0"]
    for number in range(1, count):
        a, b = chooser.choice(names), chooser.choice(names)
        sql = shapes[number % 4].format(a=a, b=b)
        inputs = ", ".join(f"{{ref: {name}}}" for name in dict.fromkeys((a, b)) if name in sql)
        files[f"seeknal/n{number}.yml"] = (
            f"kind: transform\nname: n{number}\ninputs: [{inputs}]\nsql: {sql}\n"
        )
        names.append(f"transform.n{number}")
    return files, names


def rounded(rows):
    return sorted(tuple(round(v, 9) if isinstance(v, float) else v for v in row) for row in rows)


def run_often(project, names, times):
    expected = None
    for time_ in range(times):
        workers = ("1", "2", "4")[time_ % 3]
        project.run("run", "--full", "--workers", workers).assert_ok()
        rows = {name: rounded(project.rows(name)) for name in names[1:]}
        expected = expected or rows
        assert rows == expected, f"time {time_}, {workers} workers"


def test_a_hundred_nodes_give_the_same_rows_with_any_number_of_workers(seeknal_project):
    files, names = many(100)

    run_often(seeknal_project(files), names, 3)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_runs_give_the_same_rows_with_any_number_of_workers(seeknal_project):
    files, names = many(100)

    run_often(seeknal_project(files), names, 20)


@pytest.mark.parametrize("workers", ["1", "2", "4"])
def test_any_failure_in_a_worker_makes_the_run_fail(seeknal_project, workers):
    files = dict(SALES)
    files["seeknal/bad.yml"] = "{kind: transform, name: bad, sql: \"SELECT 'x'::INTEGER AS x\"}\n"
    project = seeknal_project(files)

    outcome = project.run("run", "--workers", workers)

    assert outcome.exit_code == 1
    assert "transform.bad" in outcome.stderr


def test_eight_sources_that_wait_for_a_second_run_side_by_side(seeknal_project):
    code = "import time\nfrom seeknal import source\n"
    for number in range(8):
        code += (
            f"\n@source(name='w{number}', source='python')\ndef w{number}(ctx):\n"
            f"    time.sleep(1)\n    return [{{'a': {number}}}]\n"
        )
    project = seeknal_project(
        {"seeknal_project.yml": "name: wait\n", "seeknal/pipelines/w.py": code}
    )

    outcome = project.run("run", "--format", "json").assert_ok()

    slept = sum(entry["seconds"] for entry in outcome.json()["nodes"])
    assert slept > 2.5 * outcome.json()["seconds"]
