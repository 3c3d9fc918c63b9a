"""Random stories of a state, told to the store and to a plain dictionary."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from seeknal.state.store import open_state, read_state
from seeknal.values.errors import StateError
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Fingerprint, Snapshot

pytestmark = pytest.mark.inside

NODES = ("source.a", "transform.a", "transform.b")
ENVIRONMENTS = ("prod", "dev")
STEPS = ("record", "record", "record", "forget", "begin", "close", "die", "die writing")

Told = dict[str, tuple[int, dict[str, str]]]


def snapshot(node: str, output: str) -> Snapshot:
    mark = Fingerprint(content=output, config="k", upstream="u")
    return Snapshot(node=NodeId(node), fingerprint=mark, inputs={}, output_id=output)


def stored(target: Path) -> Told:
    return {
        name: (
            environment.generation,
            {node: entry.output_id for node, entry in environment.snapshots.items()},
        )
        for name, environment in read_state(target).environments.items()
    }


@pytest.mark.parametrize("seed", range(40))
def test_the_store_remembers_what_a_dictionary_remembers(target: Path, seed: int):
    chance = random.Random(seed)
    told: Told = {}
    store = open_state(target)

    for number in range(25):
        step, environment = chance.choice(STEPS), chance.choice(ENVIRONMENTS)
        node = chance.choice(NODES)
        if step in ("record", "forget", "begin"):
            generation, outputs = told.setdefault(environment, (0, {}))
        if step == "record":
            store.record(environment, snapshot(node, f"ü{number}"))
            outputs[node] = f"ü{number}"
        elif step == "forget":
            store.forget(environment, NodeId(node))
            outputs.pop(node, None)
        elif step == "begin":
            store.begin_generation(environment)
            told[environment] = (generation + 1, outputs)
        else:
            end(store, target, step)
            store = open_state(target)

        assert stored(target) == told
    store.close()
    assert stored(target) == told
    assert read_state(target).notes == ()


def end(store, target: Path, how: str) -> None:
    if how == "close":
        store.close()
    journal = target / "run_state.journal"
    if how == "die writing" and journal.exists():
        with journal.open("ab") as file:
            file.write(b'{"check":"0123456789abcdef","entry":{"environ')


@pytest.mark.parametrize("name", ["run_state.json", "run_state.journal"])
def test_damage_of_any_kind_never_makes_up_a_snapshot(target: Path, name: str):
    outputs = {f"transform.n{number}": {f"{number}a", f"{number}b"} for number in range(6)}
    store = open_state(target)
    for node in outputs:
        store.record("prod", snapshot(node, node.removeprefix("transform.n") + "a"))
    store.close()
    died = open_state(target)
    for node in outputs:
        died.record("prod", snapshot(node, node.removeprefix("transform.n") + "b"))
    files = {path.name: path.read_bytes() for path in target.iterdir()}
    chance = random.Random(name)
    codes = set()

    for _ in range(150):
        for path in target.iterdir():
            path.unlink()
        for file, data in files.items():
            (target / file).write_bytes(damaged(data, chance) if file == name else data)
        try:
            state = open_state(target).state
        except StateError as error:
            codes.add(error.code)
            continue

        environment = state.environments.get("prod")
        for node, entry in (environment.snapshots if environment else {}).items():
            assert entry.output_id in outputs[node]
        assert read_state(target).notes == ()
    assert codes <= {"SK0803"}


def damaged(data: bytes, chance: random.Random) -> bytes:
    spot, length = chance.randrange(len(data)), chance.randrange(1, 200)
    changes = [
        data[:spot],
        data[:spot] + data[spot + length :],
        data[:spot] + bytes(length) + data[spot + length :],
        data[:spot] + chance.randbytes(length) + data[spot:],
        data[:spot] + bytes([data[spot] ^ 1 << chance.randrange(8)]) + data[spot + 1 :],
        data + data[spot : spot + length],
        data[spot:] + data[:spot],
    ]
    return chance.choice(changes)
