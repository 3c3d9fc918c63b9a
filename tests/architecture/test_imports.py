"""Static contracts cannot see what is really imported at run time; these tests look."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("duckdb", "sqlglot", "jinja2", "yaml", "openpyxl", "prompt_toolkit", "pyarrow", "pandas")

RARE = (
    *("csv", "email", "glob", "html", "importlib.metadata", "logging", "random", "secrets"),
    *("socket", "subprocess", "tempfile", "traceback", "zipfile"),
)
"""What Python brings for what few commands do."""
WORKING = (
    "seeknal.lineage",
    "seeknal.rows.python_rows",
    "seeknal.sql",
    "seeknal.run.step",
    "seeknal.run.engine",
)
"""Where SQL and rows are looked at."""
QUOTING = {"seeknal.sql", "seeknal.sql.quote"}
OF_OPTIONS = (
    "seeknal.builtin.options",
    *("seeknal_iceberg", "seeknal_postgres", "seeknal_audits", "seeknal_semantic"),
)
OF_RANGES = ("calendar", "clocks", "rulers", "units", "moments", "wording")

COMMAND = """
import json, sys
from seeknal.cli import main
code = main({arguments!r})
sys.stdout.flush()
print(json.dumps([code, sorted(sys.modules)]))
"""


def run_python(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def modules_after(arguments: list[str], folder: Path) -> tuple[int, set[str]]:
    output = run_python(COMMAND.format(arguments=arguments), folder)
    code, names = json.loads(output.splitlines()[-1])
    return code, set(names)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["plugins"]])
def test_a_command_that_reads_no_project_imports_nothing_heavy(arguments, tmp_path):
    code, names = modules_after(arguments, tmp_path)

    assert code == 0
    assert names.isdisjoint(HEAVY)


def test_a_second_run_without_changes_imports_nothing_heavy(tmp_path):
    modules_after(["init", "demo"], tmp_path)
    first, _ = modules_after(["run"], tmp_path / "demo")

    second, names = modules_after(["run"], tmp_path / "demo")

    assert (first, second) == (0, 0)
    assert names.isdisjoint(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_what_is_only_told_imports_nothing_that_reads_projects_or_rows(arguments, tmp_path):
    _, names = modules_after(arguments, tmp_path)

    assert names.isdisjoint(RARE)
    assert not below(names, *WORKING, "seeknal.project", "seeknal.state", "seeknal.plan") - QUOTING
    assert not below(names, "seeknal.values.node", "seeknal.kernel.declared")


def test_a_run_without_changes_imports_nothing_that_looks_at_sql_or_rows(tmp_path):
    modules_after(["init", "demo"], tmp_path)
    modules_after(["run"], tmp_path / "demo")

    _, names = modules_after(["run"], tmp_path / "demo")

    assert names.isdisjoint(RARE)
    assert below(names, *WORKING) <= QUOTING


def test_a_run_of_nodes_without_ranges_of_time_imports_no_calendar(tmp_path):
    modules_after(["init", "demo"], tmp_path)
    modules_after(["run"], tmp_path / "demo")

    _, names = modules_after(["run"], tmp_path / "demo")

    assert not below(names, *(f"seeknal.intervals.{name}" for name in OF_RANGES))


def test_a_run_without_changes_makes_the_options_of_types_that_its_project_uses(tmp_path):
    modules_after(["init", "demo"], tmp_path)
    modules_after(["run"], tmp_path / "demo")

    _, names = modules_after(["run"], tmp_path / "demo")

    made = {name for name in below(names, *OF_OPTIONS) if "options" in name}
    assert made == {
        "seeknal.builtin.options",
        *(f"seeknal.builtin.options.{name}" for name in ("csv", "filetarget", "none")),
    }


def below(names: set[str], *packages: str) -> set[str]:
    """Of modules those that are in these packages, or are they."""
    return {name for name in names if any(f"{name}.".startswith(f"{p}.") for p in packages)}


@pytest.mark.parametrize("module", ["seeknal", "seeknal.plugin", "seeknal.testing"])
def test_a_public_module_imports_no_driver(module, tmp_path):
    code = f"import {module}, sys; print([name for name in {HEAVY!r} if name in sys.modules])"

    assert run_python(code, tmp_path).strip() == "[]"


def test_using_a_plugin_module_imports_no_driver(tmp_path):
    pytest.importorskip("seeknal_audits")
    code = f"import seeknal_audits.plugin, sys; print([n for n in {HEAVY!r} if n in sys.modules])"

    assert run_python(code, tmp_path).strip() == "[]"


def test_type_checkers_find_a_plugins_imports_where_python_does():
    import ast

    from seeknal import plugin

    tree = ast.parse(Path(plugin.__file__).read_text())
    shown = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.asname or alias.name: node.module
        for node in shown.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    typed |= {
        node.targets[0].id: typed.pop(node.value.id)
        for node in shown.body
        if isinstance(node, ast.Assign)
    }

    found = {name: plugin._WHERE[name] for name in plugin.__all__ if name in plugin._WHERE}

    assert typed == found
    assert [name for name in plugin.__all__ if getattr(plugin, name) is None] == []
