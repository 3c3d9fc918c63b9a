"""Two hundred small tests are quick enough to be run at every save."""

import resource
import subprocess
import sys

import pytest

NODES = (
    "SELECT id, upper(name) AS name, amount * 2 AS amount FROM ref('source.s') WHERE amount > 1",
    "WITH a AS (SELECT name, sum(amount) AS total FROM ref('source.s') GROUP BY name)"
    " SELECT * FROM a WHERE total > 0",
    "SELECT a.id, b.name FROM ref('source.s') a LEFT JOIN ref('source.s') b ON a.id = b.id",
    "SELECT id, row_number() OVER (ORDER BY day) AS n, current_date AS today FROM ref('source.s')",
)
EXPECTED = (
    "[{id: 1, name: ANN, amount: 20}]",
    "[{name: Ann, total: 10}, {name: bob, total: 1}]",
    "[{id: 1, name: Ann}, {id: 2, name: bob}]",
    "[{id: 1, n: 1, today: 2026-02-08}, {id: 2, n: 2, today: 2026-02-08}]",
)
SOURCE = """\
kind: source
name: s
source: csv
table: s.csv
columns: {id: BIGINT, name: VARCHAR, amount: "DECIMAL(12,2)", day: DATE}
"""
TEST = """\
test: transform.t{n}
freeze_time: 2026-02-08T00:00:00Z
inputs:
  source.s:
    rows:
      - {{id: 1, name: Ann, amount: 10, day: 2026-01-01}}
      - {{id: 2, name: bob, amount: 1.00, day: 2026-01-02}}
expected_output:
  rows: {rows}
"""


@pytest.mark.once
def test_two_hundred_tests_take_less_than_four_seconds(seeknal_project):
    files = {"seeknal/sources/s.yml": SOURCE}
    for n in range(200):
        files[f"seeknal/transforms/t{n}.sql"] = NODES[n % 4]
        files[f"tests/t{n}.yml"] = TEST.format(n=n, rows=EXPECTED[n % 4])
    project = seeknal_project(files)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    done = subprocess.run(
        [sys.executable, "-m", "seeknal", "test"],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
    )

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("200 tests: 200 passed\n")
    # What it has used of processors, so that others on the machine do not count.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 4.0
