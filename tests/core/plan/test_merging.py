"""Which of its earlier outputs a node that merges by key goes back to, or goes on from."""

import pytest
from attrs import evolve
from tests.core.run.values import artifact, snapshot

from seeknal.plan.merging import inputs_digest, is_merged_into, with_inputs_in
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Merged

NODE, PARENT = NodeId("transform.latest"), NodeId("source.orders")


def output(name, parent, *earlier):
    """An output by its id, what was merged in it last, and what was before it."""
    merged = Merged(
        into=earlier[-1].output_id if earlier else "",
        times=len(earlier),
        earlier=tuple((inputs_digest(each.inputs), each.output_id) for each in earlier),
    )
    made = snapshot(NODE, artifact(sha256=name * 16), inputs={PARENT: parent})
    return evolve(made, output_id=name, merged=merged)


FIRST = output("a", "1")
SECOND = output("b", "2", FIRST)
THIRD = output("c", "3", FIRST, SECOND)


@pytest.mark.parametrize(("parent", "found"), [("1", FIRST), ("2", SECOND), ("4", None)])
def test_the_output_in_which_inputs_came_last_is_found(parent, found):
    assert with_inputs_in(THIRD, {PARENT: parent}, [SECOND, FIRST]) == found


def test_inputs_that_are_in_and_whose_output_is_gone_are_an_error():
    with pytest.raises(LookupError):
        with_inputs_in(THIRD, {PARENT: "1"}, [SECOND])


def test_an_output_of_other_earlier_rows_is_not_gone_back_to():
    other = evolve(FIRST, output_id="x")

    with pytest.raises(LookupError):
        with_inputs_in(THIRD, {PARENT: "1"}, [other])


def test_only_what_was_merged_into_the_same_rows_is_the_same():
    assert is_merged_into(THIRD, "b")
    assert not is_merged_into(THIRD, "a")
    assert not is_merged_into(evolve(THIRD, merged=None), "b")
    assert is_merged_into(evolve(THIRD, merged=None), None)
