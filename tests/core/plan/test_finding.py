"""Outputs that are stored already: which are whole, and which may be used once more."""

import os

import duckdb
import pytest
from attrs import evolve
from tests.core.run.values import artifact, node, snapshot
from tests.core.state.parts import Store, days

from seeknal.plan.finding import Finder, Found, Verified, as_found, still_current
from seeknal.state.artifacts import Artifacts
from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.plan import Step
from seeknal.values.snapshot import Fingerprint

pytestmark = [pytest.mark.inside, pytest.mark.versions]

ID = NodeId("transform.a")
STEP = Step(node=ID, action="reuse", reason="inputs unchanged")


@pytest.fixture
def stored(tmp_path):
    artifacts = Artifacts(tmp_path)
    artifacts.prepare([ID])
    path = artifacts.candidate(ID, "run1")
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS x) TO '{path}'")
    return artifacts.publish(ID, path, fingerprint="f", rows=1, columns=())


def test_a_file_that_only_has_another_time_is_whole_and_noted_as_touched(tmp_path, stored):
    verified = Verified(Artifacts(tmp_path), deep=False)
    file = tmp_path / stored.path
    os.utime(file, (1, 1))

    assert verified.health(stored) == "ok"
    assert verified.touched[stored.path].sha256 == stored.sha256
    assert verified.touched[stored.path].stat != stored.stat


def test_a_file_is_looked_at_once_per_command(tmp_path, stored):
    verified = Verified(Artifacts(tmp_path), deep=False)
    first = verified.health(stored)
    (tmp_path / stored.path).unlink()

    assert (first, verified.health(stored)) == ("ok", "ok")
    assert Verified(Artifacts(tmp_path), deep=False).health(stored) == "missing"


def test_parts_whose_files_have_another_time_are_noted_and_keep_what_else_is_known(tmp_path):
    store = Store(tmp_path, (Column("at", "TIMESTAMP"), Column("n", "INTEGER")))
    one, two = days(store, 1, 2)
    seen, known = (store.composed(evolve(one, number=number), two) for number in (1, 2))
    verified = Verified(store.artifacts, deep=False)
    os.utime(store.artifacts.path(two), (1, 1))

    health = verified.health(seen)
    found = as_found(known, verified.touched)

    assert health == "ok"
    assert [part.number for part in found.parts] == [2, 0]
    assert store.artifacts.verify(found) == ("ok", found)
    assert found != known


def test_a_node_to_which_nothing_happened_keeps_its_very_snapshot():
    known = snapshot()

    assert still_current(known, STEP, known.fingerprint, {}) is known


@pytest.mark.parametrize(
    ("step", "config", "touched", "changed"),
    [
        (evolve(STEP, source_version="2"), "", {}, "source_version"),
        (STEP, "other", {}, "fingerprint"),
        (STEP, "", {artifact().path: evolve(artifact(), stat=(9,) * 5)}, "artifact"),
    ],
    ids=["version", "description", "time of the file"],
)
def test_what_changed_without_the_rows_is_noted(step, config, touched, changed):
    known = snapshot(source_version="1")
    fingerprint = evolve(known.fingerprint, config=config)

    found = still_current(known, step, fingerprint, touched)

    assert getattr(found, changed) != getattr(known, changed)
    assert (found.output_id, found.forward_only) == (known.output_id, False)


def test_rows_that_are_kept_under_another_definition_are_known_as_such():
    known = snapshot()
    other = Fingerprint(content="another definition", config="", upstream="")

    assert still_current(known, STEP, other, {}).forward_only


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, True),
        ({"failing": True}, False),
        ({"forward_only": True}, False),
        ({"inputs": {NodeId("source.s"): "another output"}}, False),
        ({"artifact": evolve(artifact(), typed=False)}, False),
    ],
    ids=["as it is", "failing", "of an earlier definition", "over other inputs", "untyped"],
)
def test_an_output_is_used_once_more_where_it_is_what_would_be_computed(change, found):
    known = snapshot(**change)
    finder = Finder(
        candidates=lambda node, definition: [Found(known, "dev")],
        is_fresh=lambda node, snapshot, version: True,
        health_of=lambda artifact: "ok",
    )

    assert (finder.find(node(), "d", {}, None) is not None) is found
    assert finder.find(node(volatile="now()"), "d", {}, None) is None
