"""A failing audit shows some of its rows, and the command that shows the others."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("seeknal_audits")

ROWS = 30
PROJECT = {
    "seeknal_project.yml": "name: failing\n",
    "data/a.csv": "id,email,city,age\n"
    + "".join(f"{n},p{n}@example.com,city {n},{100 + n}\n" for n in range(ROWS)),
    "seeknal/nodes.yml": """
        kind: source
        name: a
        source: csv
        table: data/a.csv
        ---
        kind: transform
        name: t
        inputs: [{ref: source.a}]
        sql: SELECT city, email, age, id FROM ref('source.a')
        keys: [id]
        audits:
          - {type: between, column: age, max: 99}
    """,
}
PRIVATE = """
    kind: source
    name: a
    source: csv
    table: data/a.csv
    columns:
      email: {type: VARCHAR, pii: true}
    ---
    kind: transform
    name: t
    inputs: [{ref: source.a}]
    sql: SELECT id, city, email, age FROM ref('source.a')
    audits:
      - {type: between, column: age, max: 99}
      - {type: accepted_values, column: email, values: [x]}
      - {type: custom_sql, sql: "SELECT id, city, lower(email) AS mail FROM __THIS__"}
"""


def commands(text):
    """The commands that a text tells its reader to type."""
    return re.findall(r"seeknal (?:-C \S+ )?sql --allow-files .*", text)


def typed(command, folder):
    """What a shell in ``folder`` prints when the command is typed there."""
    bin = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True
    )


def run_in(folder, *words):
    return typed(" ".join(["seeknal", *words]), folder)


def test_a_failing_audit_shows_three_rows_key_and_offending_column_first(seeknal_project):
    project = seeknal_project(PROJECT)

    outcome = project.run("run")

    lines = [line.split() for line in outcome.stderr.splitlines()]
    head = lines.index(["id", "age", "city", "email"])
    assert [line[:2] for line in lines[head + 2 : head + 5]] == [
        ["0", "100"],
        ["1", "101"],
        ["2", "102"],
    ]
    assert "3 of 30 failing rows" in outcome.stderr


@pytest.mark.parametrize("folder", [".", "seeknal", ".."])
def test_the_printed_command_typed_where_the_user_is_gives_every_failing_row(
    seeknal_project, folder
):
    project = seeknal_project(PROJECT)
    here = project.path / folder
    words = ["-C", project.path.name] if folder == ".." else []
    told = run_in(here, "run", *words)

    (command,) = commands(told.stderr)
    shown = typed(f"{command} --format csv", here)

    assert (told.returncode, shown.returncode) == (1, 0), shown.stderr
    assert len(shown.stdout.splitlines()) == ROWS + 1


def test_the_command_is_quoted_for_the_shell_and_for_sql(seeknal_project, tmp_path):
    project = seeknal_project(PROJECT)
    odd = tmp_path / "it's a $HOME `folder`"
    project.path.rename(odd)
    told = run_in(tmp_path, "run", "-C", f'"{odd.name}"'.replace("$", "\\$").replace("`", "\\`"))

    (command,) = re.findall(r"seeknal -C .*", told.stderr)
    shown = typed(f"{command} --format csv", tmp_path)

    assert shown.returncode == 0, shown.stderr
    assert len(shown.stdout.splitlines()) == ROWS + 1


def test_audit_shows_them_too(seeknal_project):
    project = seeknal_project(PROJECT)
    nodes = project.path / "seeknal/nodes.yml"
    nodes.write_text(nodes.read_text().replace("max: 99", "max: 999"))
    project.run("run").assert_ok()
    nodes.write_text(nodes.read_text().replace("max: 999", "max: 110"))

    told = run_in(project.path, "audit")
    (command,) = commands(told.stdout)
    shown = typed(f"{command} --format csv", project.path)

    assert told.returncode == 1
    assert "3 of 19 failing rows" in told.stdout
    assert len(shown.stdout.splitlines()) == 19 + 1


def test_a_warning_shows_its_rows(seeknal_project):
    project = seeknal_project(PROJECT)
    nodes = project.path / "seeknal/nodes.yml"
    nodes.write_text(nodes.read_text().replace("max: 99", "max: 99, severity: warn"))

    outcome = project.run("run").assert_ok()

    assert "3 of 30 failing rows" in outcome.stderr
    assert len(commands(outcome.stderr)) == 1


@pytest.mark.parametrize("command", ["run", "audit"])
def test_json_carries_the_same_rows_and_the_command(seeknal_project, command):
    project = seeknal_project(PROJECT)
    nodes = project.path / "seeknal/nodes.yml"
    nodes.write_text(nodes.read_text().replace("max: 99", "max: 99, severity: warn"))
    project.run("run").assert_ok()
    nodes.write_text(nodes.read_text() + "\n# read again\n")

    answer = project.run(command, "--format", "json", *(["--full"] if command == "run" else []))

    found = answer.assert_ok().json()
    audits = (
        found
        if command == "audit"
        else [audit for entry in found["nodes"] for audit in entry["audits"]]
    )
    (audit,) = audits
    assert audit["rows"][0] == {
        "id": "0",
        "age": "100",
        "city": "city 0",
        "email": "p0@example.com",
    }
    assert len(audit["rows"]) == 3
    assert audit["rows_command"].startswith("seeknal sql --allow-files ")


def test_values_of_private_columns_are_in_no_row_no_message_and_no_file(seeknal_project):
    project = seeknal_project({**PROJECT, "seeknal/nodes.yml": PRIVATE})

    outcome = project.run("run")

    samples = list((project.path / "target/audits").rglob("*.parquet"))
    assert outcome.exit_code == 1
    assert len(samples) == 3
    assert not any(b"@example" in path.read_bytes() for path in samples)
    assert "@example" not in outcome.stdout + outcome.stderr
    assert "***" in outcome.stderr
    assert "city 0" in outcome.stderr


def test_wide_rows_are_cut_to_the_width_of_the_terminal(seeknal_project):
    project = seeknal_project(PROJECT)
    nodes = project.path / "seeknal/nodes.yml"
    more = ", ".join(f"repeat('x', 50) AS wide_column_{n}" for n in range(20))
    nodes.write_text(nodes.read_text().replace("age, id FROM", f"age, id, {more} FROM"))

    told = typed("COLUMNS=72 seeknal run", project.path)

    lines = told.stderr.splitlines()
    (head,) = [n for n, line in enumerate(lines) if line.split()[:2] == ["id", "age"]]
    assert max(map(len, lines[head : head + 5])) <= 72
    assert "more columns" in told.stderr


def test_secrets_in_rows_are_masked(seeknal_project, monkeypatch):
    project = seeknal_project(PROJECT)
    monkeypatch.setenv("CITY_PASSWORD", "city 1")
    (project.path / "profiles.yml").write_text(
        "connections:\n  c: {type: postgresql, host: h, password: city 1}\n"
    )

    outcome = project.run("run")

    assert "city 0" in outcome.stderr
    assert not re.search(r"city 1\b", outcome.stderr)


def test_the_lineage_page_masks_private_columns(seeknal_project):
    nodes = PRIVATE.partition("    audits:")[0]
    project = seeknal_project({**PROJECT, "seeknal/nodes.yml": nodes})
    project.run("run").assert_ok()

    document = project.run("lineage", "--with-data", "--format", "json").assert_ok().stdout

    assert "city 0" in document
    assert "@example" not in document
