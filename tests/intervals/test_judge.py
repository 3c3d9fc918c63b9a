"""The judge lets the model through, and notices each of the usual mistakes."""

from random import Random

import pytest

from tests.intervals.__main__ import main
from tests.intervals.events import Run
from tests.intervals.histories import drawn, read, written
from tests.intervals.judge import Wrong, judged, judged_by_drawing
from tests.intervals.model import World, whole
from tests.intervals.mutants import (
    MUTANTS,
    AppendsAtRerun,
    ModelEngine,
    engine_of,
)

# They judge the judge, which says nothing of versions.
pytestmark = pytest.mark.once

FEW, MANY = range(12), range(60)
Wrongly = engine_of(AppendsAtRerun)


def test_the_model_is_let_through():
    judged_by_drawing(ModelEngine, FEW)


class RestatesWholeDays(World):
    """Keeps hashes of days, whatever its units are."""

    def is_late(self, env, node, parts, each):
        same_day = [other for other in parts if other[0].date() == each[0].date()]
        return any(
            super(RestatesWholeDays, self).is_late(env, node, parts, one) for one in same_day
        )


def test_an_engine_that_restates_more_than_it_must_is_let_through():
    judged_by_drawing(engine_of(RestatesWholeDays), FEW[:5])


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_judge_notices(mutant):
    with pytest.raises(Wrong):
        judged_by_drawing(engine_of(mutant), MANY, patience=0)


def in_step(world, env):
    """The nodes of an environment that hold what their definition and their parents say."""
    found = set()
    for key, built in env.built.items():
        node = built.node._replace(restate=True)
        old = any(part.definition != node.definition for part in built.parts.values())
        late = node.schedule and any(
            world.is_late(env, node, built.parts, each) for each in built.parts
        )
        if found >= set(node.parents) and not old and not late:
            found.add(key)
    return found


def test_a_tracked_nodes_rows_are_those_of_one_full_computation():
    compared = []
    for seed in FEW:
        history = drawn(Random(seed), 25)
        world = World(history.project, history.now)

        for event in history.events:
            world.apply(event)

            if isinstance(event, Run) and not world.broke and not event.select:
                env = world.envs[event.env]
                for key in in_step(world, env):
                    assert env.built[key].rows == whole(world, event.env, key)
                    compared.append(env.built[key].node.kind)
    assert min(compared.count(kind) for kind in ("each", "sum", "rolling", "running")) > 10


def test_a_history_is_read_as_it_was_written():
    history = drawn(Random(7), 25)

    assert read(written(history)) == history
    assert history == drawn(Random(7), 25)
    assert history != drawn(Random(8), 25)


def test_a_history_that_fails_is_made_short_and_runs_alone():
    with pytest.raises(Wrong) as caught:
        judged_by_drawing(Wrongly, FEW, patience=2)

    history = read(str(caught.value).split("alone:\n")[1])
    assert len(history.events) <= 6
    assert len(history.project) <= 2
    with pytest.raises(Wrong):
        judged(Wrongly, history)
    judged(ModelEngine, history)


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    judging = ["--engine", "tests.intervals.test_judge:Wrongly", "--seeds", "0:9", "--length", "12"]
    alone = tmp_path / "history.py"
    alone.write_text(written(drawn(Random(1), 10)))

    holds = main(["--history", str(alone)])
    wrong = main(judging)

    assert (holds, wrong) == (0, 1)
    assert "alone:\nHistory(" in capsys.readouterr().out
