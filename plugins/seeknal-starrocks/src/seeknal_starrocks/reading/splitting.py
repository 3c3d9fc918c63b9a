"""Where each value of some rows lies in the bytes that arrived, a column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal_starrocks.reading.packets import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seeknal_starrocks.reading.packets import Part

_HEAD = 4
_NULL = 251
_WIDTHS = {252: 2, 253: 3, 254: 8}
"""How many bytes tell a length, by the one before them."""
_LARGEST = 1 << 31


@frozen(kw_only=True)
class Values:
    """A column: where its values begin, how long they are, and which are NULL, of length 0."""

    data: Any
    begins: Any
    lengths: Any
    nulls: Any


def split(part: Part, columns: int) -> Iterator[Values]:
    """Raises Broken for rows that do not have as many values, and nothing else."""
    import numpy

    data = numpy.frombuffer(part.data, dtype=numpy.uint8)
    starts = numpy.array(part.starts, dtype=numpy.int64)
    ends = numpy.append(starts[1:], part.end)
    at = starts + _HEAD
    for _ in range(columns):
        if (at >= ends).any():
            raise Broken("a row lacks columns")
        first = data[at]
        nulls = first == _NULL
        lengths = first.astype(numpy.int64)
        lengths[nulls] = 0
        begins = at + 1
        if (first > _NULL).any():
            _lengthen(data, first, begins, lengths, ends)
        at = begins + lengths
        if (at > ends).any():
            raise Broken("a value is longer than its row")
        yield Values(data=data, begins=begins, lengths=lengths, nulls=nulls)
    if (at != ends).any():
        raise Broken("a row has more columns than there are")


def _lengthen(data: Any, first: Any, begins: Any, lengths: Any, ends: Any) -> None:
    """Put in the lengths that need more than a byte."""
    import numpy

    if (first == 255).any():
        raise Broken("a length is none")
    for mark, width in _WIDTHS.items():
        which = numpy.flatnonzero(first == mark)
        if not len(which):
            continue
        places = begins[which]
        if (places + width > ends[which]).any():
            raise Broken("a value is longer than its row")
        long = sum(data[places + n].astype(numpy.int64) << (8 * n) for n in range(min(width, 7)))
        if width > 7 and data[places + 7].any():
            raise Broken("a value is longer than its row")
        lengths[which] = long
        begins[which] = places + width
