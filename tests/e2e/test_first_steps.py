"""What ``init`` prints as next is typed exactly as it stands, and works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.examples import copy_of

from seeknal.cli.examples import EXAMPLES

NAMES = sorted(path.name for path in EXAMPLES.iterdir() if (path / "example.toml").is_file())


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Types into a shell that finds the command of this environment; gives what is printed."""
    monkeypatch.delenv("SHOP_DB_URL", raising=False)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def type_(script):
        return subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=110,
        )

    return type_


@pytest.mark.parametrize("name", NAMES)
def test_the_next_steps_of_an_example_work_as_they_are_printed(shell, name):
    made = shell(f"seeknal init demo --example {name}")
    steps = [line.strip() for line in made.stderr.splitlines() if line.startswith("  ")]

    done = shell("set -ex\n" + "\n".join(steps))

    assert made.returncode == 0
    assert steps[0] == "cd demo"
    assert done.returncode == 0, done.stdout + done.stderr
    if "seeknal run" in steps:
        assert "0 failed" in done.stdout + done.stderr
    assert "OWED" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("example", "node", "help"),
    [
        (
            "lineage_inspect",
            "source.traffic_daily",
            "scripts/seed.py makes it: seeknal python scripts/seed.py",
        ),
        (
            "medallion",
            "source.subscriber_daily",
            "scripts/seed_lake.py makes it: seeknal python scripts/seed_lake.py",
        ),
    ],
)
def test_a_table_that_nobody_has_filled_leads_to_the_script_that_does(
    tmp_path, example, node, help
):
    project = copy_of(example, tmp_path)

    outcome = project.run("run", "--select", node)

    assert outcome.exit_code == 1
    assert f"help: {help}" in outcome.stderr


@pytest.mark.parametrize("more", ["", "columns: {order_id: VARCHAR}\n"])
def test_a_table_that_a_database_lacks_leads_to_the_sql_that_makes_it(
    tmp_path, database, monkeypatch, more
):
    at = database.parameters
    place = f"{at['user']}:{at['password']}@127.0.0.1:{at['port']}/{at['dbname']}"
    monkeypatch.setenv("SHOP_DB_URL", f"postgresql://{place}")
    project = copy_of("medallion", tmp_path)
    source = "kind: source\nname: found\nsource: postgresql\nconnection: local_pg\n"
    asked = more + "table: public.orders\n" if more else "query: SELECT * FROM public.orders\n"
    project.write({"seeknal/found.yml": source + asked})

    outcome = project.run("run", "--select", "source.found")

    assert outcome.exit_code == 1
    assert (
        "help: sql/seed.sql makes it:"
        " seeknal postgres psql --connection local_pg --file sql/seed.sql"
    ) in outcome.stderr
