"""The plugin of "Write a plugin" works, and so do its tests."""

import os
import sqlite3
import subprocess
import sys

import pytest

from tests.docs.pages import DOCS, alike, commands, fences, play

PAGE = (DOCS / "how-to" / "write-a-plugin.md").read_text()


@pytest.fixture
def plugin(tmp_path):
    """The folder with the page's files, installed as far as Python is concerned."""
    list(play(PAGE, tmp_path, tmp_path))
    metadata = tmp_path / "seeknal_ini-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: seeknal-ini\nVersion: 0.1.0\n")
    points = "[seeknal]\nini = seeknal_ini\nlite = seeknal_lite\ntrino = seeknal_trino\n"
    points += "[seeknal.commands]\nini = seeknal_ini_commands:ini\n"
    (metadata / "entry_points.txt").write_text(points)
    return tmp_path


def run(plugin, folder, *command):
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(plugin), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_project_reads_what_the_plugin_brings(plugin):
    query = "SELECT * FROM settings"
    told = {command.line: command.expected for fence in fences(PAGE) for command in commands(fence)}

    run(plugin, plugin / "try", "seeknal", "run")
    printed = run(plugin, plugin / "try", "seeknal", "sql", query)

    assert alike(told[f'seeknal sql "{query}"'], printed)


def test_a_node_in_the_dialect_of_the_plugin_gives_its_values(plugin):
    query = "SELECT * FROM halves"
    told = {command.line: command.expected for fence in fences(PAGE) for command in commands(fence)}
    run(plugin, plugin / "try", "seeknal", "run")

    printed = run(plugin, plugin / "try", "seeknal", "sql", query)
    there = run(plugin, plugin / "try", "seeknal", "render", "halves", "--dialect", "trino")

    assert alike(told[f'seeknal sql "{query}"'], printed)
    assert "SUM(7) / 2 AS half" in there


def test_a_project_delivers_to_what_the_plugin_writes(plugin):
    told = ("shop", "yes")

    run(plugin, plugin / "try", "seeknal", "run")
    with sqlite3.connect(plugin / "try/outputs/shops.db") as file:
        rows = file.execute("SELECT * FROM open_shops").fetchall()

    assert rows == [told]
    assert f"{told}\n" in PAGE


def test_a_project_is_listed_by_the_command_that_the_plugin_brings(plugin):
    told = {command.line: command.expected for fence in fences(PAGE) for command in commands(fence)}

    printed = run(plugin, plugin / "try", "seeknal", "ini")

    assert alike(told["seeknal ini"], printed)


@pytest.mark.parametrize(
    ("file", "told"), [("test_ini.py", "6 passed"), ("test_lite.py", "8 passed")]
)
def test_its_own_tests_pass(plugin, file, told):
    printed = run(plugin, plugin, "pytest", "-q", "-p", "no:cacheprovider", file)

    assert told in printed
