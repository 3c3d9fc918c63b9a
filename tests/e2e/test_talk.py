"""What nodes say while they run: above the moving line, with the node's name."""

import re
import shutil
import subprocess
import sys
import textwrap

import pytest
from tests.terminal import Terminal

pytestmark = pytest.mark.once

HEADER = '# /// script\n# requires-python = ">=3.11"\n# dependencies = []\n# ///\n'
BODY = """
import os, time
print("epoch", 1)
ctx.log.info("loss %s", 0.5)
ctx.log.warning("careful")
deadline = time.monotonic() + 60
while not os.path.exists("go on") and time.monotonic() < deadline:
    time.sleep(0.02)
return [{"a": 1}]
"""


def pipeline(body, *names, header=""):
    text = f"{header}from seeknal import transform\n"
    for name in names:
        text += f'\n@transform(name="{name}")\ndef {name}(ctx):\n{textwrap.indent(body, "    ")}'
    return {"seeknal/pipelines/p.py": text}


@pytest.fixture
def terminal(seeknal_project):
    opened = []

    def start(files, *arguments, **options):
        project = seeknal_project(files)
        found = Terminal(project.path, *arguments, **options)
        found.project = project
        opened.append(found)
        return found

    yield start
    for found in opened:
        found.close()


@pytest.fixture(params=["in this process", "with packages of its own"])
def header(request):
    if request.param == "in this process":
        return ""
    if shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    return HEADER


def test_what_a_node_says_stands_above_the_bar_while_it_runs(terminal, header):
    run = terminal(pipeline(BODY, "slow", header=header), "run", "-v")

    run.wait_for("epoch 1")
    run.wait_for("loss 0.5")
    run.wait_for("careful")
    early = list(run.lines)
    run.project.write({"go on": ""})
    code = run.end()

    assert code == 0
    assert "transform.slow: epoch 1" in early
    assert "transform.slow: loss 0.5" in early
    assert "warning: transform.slow: careful" in early
    assert run.raw.count("careful") == 1
    assert [line for line in run.lines if line.startswith("transform.slow  run")]


def test_information_is_for_those_who_ask_for_it(seeknal_project, header):
    project = seeknal_project({**pipeline(BODY, "slow", header=header), "go on": ""})

    outcome = project.run("run")

    assert "transform.slow: epoch 1\n" in outcome.stderr
    assert "warning: transform.slow: careful\n" in outcome.stderr
    assert "loss" not in outcome.stderr + outcome.stdout


def test_each_line_has_the_name_of_its_own_node(seeknal_project):
    body = """
import threading, time
def count():
    for number in range(20):
        print("line of", ctx._call.node)
        time.sleep(0.01)
count()
return [{"a": 1}]
"""
    project = seeknal_project(pipeline(body, "one", "two"))

    outcome = project.run("run", "--workers", "2")

    lines = [line for line in outcome.stderr.splitlines() if "line of" in line]
    assert len(lines) == 40
    assert all(re.fullmatch(r"(transform\.\w+): line of \1", line) for line in lines)


def test_a_long_name_leaves_room_for_what_a_node_says_on_a_terminal(terminal):
    name = "orders_of_all_regions_without_returns_by_customer_and_day"
    run = terminal(pipeline("print('said')\nreturn [{'a': 1}]", name), "run", columns=80)

    run.end()

    (line,) = [line for line in run.lines if "said" in line]
    assert line == "transform.ord…omer_and_day: said"


def test_what_a_program_of_a_node_writes_has_its_name(terminal):
    body = "import subprocess\nsubprocess.run(['echo', 'from outside'])\nreturn [{'a': 1}]"
    run = terminal(pipeline(body, "slow"), "run")

    run.end()

    assert "transform.slow: from outside" in run.lines


def test_a_bar_of_a_node_is_part_of_ours(terminal):
    body = """
import sys, time
for part in (10, 20, 30):
    print(f"\\r{part}%|##", end="", file=sys.stderr)
    time.sleep(0.3)
print("\\r100%|##########", file=sys.stderr)
return [{"a": 1}]
"""
    run = terminal(pipeline(body, "slow"), "run")

    run.end()

    assert re.search(r"transform\.slow \d\.\d s 10%\|##", run.raw)
    assert not any("20%" in line for line in run.lines)
    assert "transform.slow: 100%|##########" in run.lines


def test_the_start_of_uv_is_a_line_with_its_time(seeknal_project):
    if shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    project = seeknal_project({**pipeline(BODY, "slow", header=HEADER), "go on": ""})

    outcome = project.run("run")

    assert re.search(
        r"^start of uv for seeknal/pipelines/p\.py   \d+\.\d s$", outcome.stderr, re.MULTILINE
    )


def test_ctrl_c_ends_a_node_with_packages_of_its_own(terminal):
    if shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    run = terminal(pipeline(BODY, "slow", header=HEADER), "run")
    run.wait_for("epoch 1")

    run.press(b"\x03")
    code = run.end()

    assert code == 130
    assert "1 interrupted" in run.raw
    assert "Traceback" not in run.raw


def test_lines_in_a_log_have_no_codes(seeknal_project):
    project = seeknal_project({**pipeline(BODY, "slow"), "go on": ""})

    done = subprocess.run(
        [sys.executable, "-m", "seeknal", "run"],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )

    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout


def test_the_line_is_as_narrow_as_the_terminal_after_a_node_has_printed(terminal):
    body = 'import time\nprint("y" * 100)\ntime.sleep(0.5)\nreturn [{"a": 1}]\n'
    name = "a_node_whose_name_is_longer_than_the_terminal_is_wide_by_far"
    run = terminal(pipeline(body, name), "run", columns=40)

    assert run.end() == 0

    drawn = re.findall(r"\r\x1b\[K(\[[^\r\n\x1b]*)", run.raw)
    assert len(drawn) > 2
    assert max(len(line) for line in drawn) == 39
