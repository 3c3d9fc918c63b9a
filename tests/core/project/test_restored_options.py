"""What a cache keeps of a project's options becomes the same options again."""

from collections.abc import Mapping
from typing import Literal

import pytest
from attrs import frozen

from seeknal.kernel.options import option, structure, unstructure
from seeknal.kernel.restoring import restored
from seeknal.values.durations import Duration
from seeknal.values.names import NodeId


@frozen(kw_only=True)
class Inner:
    from_: str
    often: int | str | None = None


@frozen(kw_only=True)
class Outer:
    node: NodeId
    choice: Literal["a", False] = "a"
    span: Duration | None = None
    parts: tuple[str | Inner, ...] = ()
    ratio: float | None = None
    rest: Mapping[str, object] = option(factory=dict)
    names: tuple[str, ...] | Mapping[str, str] = ()


@pytest.mark.parametrize(
    "options",
    [
        Outer(node=NodeId("a.b")),
        Outer(node=NodeId("a.b"), choice=False, span=Duration(2, "month"), ratio=0.5),
        Outer(node=NodeId("a.b"), parts=("x", Inner(from_="y"), Inner(from_="z", often=3))),
        Outer(node=NodeId("a.b"), rest={"a": [1, {"b": None}]}, names={"x": "y"}),
        Outer(node=NodeId("a.b"), names=("x",)),
    ],
)
def test_options_are_what_they_were(options):
    kept = unstructure(options)

    assert restored(Outer, kept) == structure(Outer, kept) == options


@pytest.mark.parametrize(
    "kept", [{}, {"node": 5}, {"node": "a", "choice": True}, {"node": "a", "other": 1}]
)
def test_what_no_longer_fits_is_refused(kept):
    with pytest.raises(ValueError, match=r"node|choice|other"):
        restored(Outer, kept)


def test_a_whole_number_where_a_number_is_wanted_is_read_as_before():
    kept = {"node": "a", "ratio": 2}

    assert restored(Outer, kept) == structure(Outer, kept)
