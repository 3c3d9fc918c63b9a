"""Whatever a Python node's rows come from counts: another value makes the node run again."""

from __future__ import annotations

import random
import shutil
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.python.mutants import (
    FEATURES,
    MAIN,
    PIPELINES,
    PROJECT,
    UNFOLLOWED,
    Made,
    alone,
    build,
    clear,
    connection,
    edit,
    harmless,
    rows_of,
    write,
)

from seeknal.cli.progress import Silent
from seeknal.graph.dag import build_graph
from seeknal.graph.fingerprint import fingerprints
from seeknal.kernel.plugins import load_plugins
from seeknal.plan.session import Request
from seeknal.project.loader import load_project
from seeknal.run.commands import run_project
from seeknal.state.artifacts import Artifacts
from seeknal.state.store import read_state
from seeknal.values.errors import ProjectError

pytestmark = pytest.mark.inside

FEW = 65
MANY = 3000
KEPT = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
features = st.lists(st.sampled_from(sorted(FEATURES)), min_size=1, max_size=3, unique=True)
followed = st.lists(
    st.sampled_from(sorted(FEATURES.keys() - UNFOLLOWED)), min_size=1, max_size=3, unique=True
)
numbers = st.integers(0, 10**6)


def standing_of(root, made):
    """What decides whether the node is reused; None when it runs in any case, or nothing can."""
    with alone(root, made.env):
        try:
            project = load_project(root, plugins())
        except ProjectError:
            return None
        node = project.nodes.get("transform.n")
        if node is None or node.volatile:
            return None
        graph = build_graph(project.nodes)
        return fingerprints(project.nodes, graph, "2026-01-01", root)[node.id].content


@cache
def plugins():
    return load_plugins()


def check_edit(root, names, number):
    """A mutant whose rows are others is never reused."""
    made = build(names)
    other, told = edit(made, number)
    clear(root)
    write(made, root)
    before, first = standing_of(root, made), rows_of(root, made)
    write(other, root)
    after, second = standing_of(root, other), rows_of(root, other)
    if first != second:
        assert after is None or after != before, f"{told}: {first} became {second}"
    return first != second, after != before


def check_harmless(root, names, number):
    """A mutant that says the same is reused, unless the node runs each time anyway."""
    made = build(names, unused=True)
    other, told = harmless(made, number)
    clear(root)
    write(made, root)
    before, first = standing_of(root, made), rows_of(root, made)
    write(other, root)
    after, second = standing_of(root, other), rows_of(root, other)
    assert first == second, told
    return before == after, told


@pytest.mark.parametrize("name", sorted(FEATURES))
def test_each_feature_gives_rows_and_is_understood(tmp_path, name):
    made = build([name])
    write(made, tmp_path)

    found = rows_of(tmp_path, made)

    assert found.startswith("[{"), found
    with alone(tmp_path, made.env):
        assert "transform.n" in load_project(tmp_path, plugins()).nodes


COMPUTED = """
import json
import os
from pathlib import Path
from seeknal import transform

SAID = json.loads(Path(__file__).with_name("said.json").read_text())

@transform(name="n", params={"file": SAID, "env": os.environ.get("PYFP_P", "")})
def n(ctx):
    return [{"k": 1, "v": repr(sorted(ctx.params.items()))}]
"""


def test_what_a_decorator_is_told_by_files_or_the_environment_counts(tmp_path):
    made = Made()
    made.files = {MAIN: COMPUTED, f"{PIPELINES}/said.json": "1", PROJECT: "name: p\n"}
    made.env = {"PYFP_P": "a"}
    write(made, tmp_path)
    first = ran(tmp_path, made)
    made.env = {"PYFP_P": "b"}
    second = ran(tmp_path, made)
    made.files[f"{PIPELINES}/said.json"] = "2"
    write(made, tmp_path)
    third = ran(tmp_path, made)

    assert first == [(1, "[('env', 'a'), ('file', 1)]")]
    assert second == [(1, "[('env', 'b'), ('file', 1)]")]
    assert third == [(1, "[('env', 'b'), ('file', 2)]")]


@settings(KEPT, max_examples=FEW)
@given(names=features, number=numbers)
def test_an_edit_that_changes_rows_is_never_missed(tmp_path_factory, names, number):
    check_edit(tmp_path_factory.getbasetemp() / "edited", names, number)


@settings(KEPT, max_examples=FEW)
@given(names=followed, number=numbers)
def test_an_edit_that_says_the_same_leaves_the_node_alone(tmp_path_factory, names, number):
    is_reused, told = check_harmless(tmp_path_factory.getbasetemp() / "same", names, number)

    assert is_reused, told


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.timeout(3600)
@settings(KEPT, max_examples=MANY)
@given(names=features, number=numbers)
def test_of_thousands_of_edits_that_change_rows_none_is_missed(tmp_path_factory, names, number):
    check_edit(tmp_path_factory.getbasetemp() / "edited", names, number)


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.timeout(3600)
@settings(KEPT, max_examples=MANY // 3)
@given(names=followed, number=numbers)
def test_of_a_thousand_edits_that_say_the_same_none_is_seen(tmp_path_factory, names, number):
    is_reused, told = check_harmless(tmp_path_factory.getbasetemp() / "same", names, number)

    assert is_reused, told


@pytest.mark.parametrize("seed", range(12))
def test_after_an_edit_a_run_stores_what_a_run_in_a_new_folder_does(tmp_path, seed):
    check_run(tmp_path, seed)


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.timeout(3600)
def test_after_two_hundred_edits_a_run_stores_what_a_run_in_a_new_folder_does(tmp_path):
    for seed in range(12, 212):
        folder = tmp_path / str(seed)
        folder.mkdir()
        check_run(folder, seed)
        shutil.rmtree(folder)


def check_run(folder, seed):
    chance = random.Random(seed)
    made = build(chance.sample(sorted(FEATURES), 2))
    other, told = edit(made, seed)
    write(made, folder / "kept")
    ran(folder / "kept", made)
    write(other, folder / "kept")
    write(other, folder / "new")

    assert ran(folder / "kept", other) == ran(folder / "new", other), told


def ran(root, made):
    """What a real run stores of the node; or that it fails."""
    with alone(root, made.env):
        try:
            results = {r.node: r for r in run_project(root, Request(), Quiet()).results}
        except ProjectError:
            return "failed"
        if "transform.n" not in results or not results["transform.n"].ok:
            return "failed"
        stored = read_state(root / "target").environments["prod"].snapshots["transform.n"]
        path = str(Artifacts(root / "target").path(stored.artifact))
        return connection().execute("FROM read_parquet(?)", [path]).fetchall()


class Quiet(Silent):
    def planned(self, plan, project): ...
    def warn(self, message): ...


UNFORESEEN = """
import os
from seeknal import source, transform

@{decorator}
def n(ctx):
    return [{{"a": {value}}}]
"""


@pytest.mark.parametrize(
    ("decorator", "value", "why"),
    [
        ("transform()", "open(ctx.params['p']).read()", "a path that is computed"),
        ("source()", "open(ctx.params['p']).read()", "a path that is computed"),
        ("transform(files=['a.txt'])", "open(ctx.params['p']).read()", None),
        ("transform(volatile=False)", "open(ctx.params['p']).read()", None),
        ("source(refresh='manual')", "open(ctx.params['p']).read()", None),
        ("source(refresh='on_change')", "open(ctx.params['p']).read()", "a path that is computed"),
        ("transform()", "os.environ[ctx.params['p']]", "environment variables"),
        ("transform(env=['A'])", "os.environ[ctx.params['p']]", None),
        ("transform(files=['a.txt'])", "os.environ[ctx.params['p']]", "environment variables"),
        ("transform()", "dict(os.environ)", "environment variables"),
        ("transform()", "ctx.environment", ".environment"),
        ("transform()", "ctx.run_id", ".run_id"),
        ("transform()", "os.listdir(ctx.params['p'])", "a folder that is computed"),
        ("transform()", "os.popen('ls').read()", "os.popen"),
        ("transform()", "ctx.duckdb.read_csv(ctx.params['p'])", "a path that is computed"),
        ("transform()", "ctx.duckdb.sql('FROM read_csv(' + ctx.params['p'])", "a computed name"),
        ("transform()", "[*map(open, ['a.txt'])]", "called elsewhere"),
        ("transform()", "open('a.txt').read()", None),
    ],
)
def test_what_only_the_run_can_tell_makes_a_node_run_each_time(tmp_path, decorator, value, why):
    (tmp_path / PIPELINES).mkdir(parents=True)
    (tmp_path / PROJECT).write_text("name: p\n")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / MAIN).write_text(UNFORESEEN.format(decorator=decorator, value=value))

    project = load_project(tmp_path, plugins())

    (node,) = project.nodes.values()
    assert (why is None and node.volatile is None) or why in node.volatile
