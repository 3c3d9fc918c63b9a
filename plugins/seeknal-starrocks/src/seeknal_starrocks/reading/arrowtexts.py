"""Arrow arrays over the bytes that arrived: each value is named by its place there, not copied."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeknal_starrocks.reading.splitting import Values

_INLINE = 12
"""Bytes of the longest value that an Arrow view holds itself, behind its length."""
_MASKED = 256


def texts(values: Values, *, binary: bool = False) -> Any:
    """An array of string views, or of binary ones; whether a text is UTF-8 is not looked at."""
    import numpy
    import pyarrow

    count = len(values.begins)
    views = numpy.empty((count, 2), dtype=numpy.uint64)
    head, tail = _masks()
    eights = numpy.ndarray(
        (len(values.data) - 7,), dtype=numpy.uint64, buffer=values.data, strides=(1,)
    )
    known = numpy.minimum(values.lengths, _MASKED - 1)
    first, second = eights[values.begins], eights[values.begins + 4]
    views[:, 0] = (first & head[known]) << 32 | values.lengths.astype(numpy.uint64)
    far = values.begins.astype(numpy.uint64) << 32
    views[:, 1] = numpy.where(values.lengths <= _INLINE, second & tail[known], far)
    valid = None
    if values.nulls.any():
        valid = pyarrow.py_buffer(numpy.packbits(~values.nulls, bitorder="little"))
    type = pyarrow.binary_view() if binary else pyarrow.string_view()
    buffers = [valid, pyarrow.py_buffer(views), pyarrow.py_buffer(values.data)]
    return pyarrow.Array.from_buffers(type, count, buffers)


@cache
def _masks() -> tuple[Any, Any]:
    """Which bits of a value's first four bytes, and of the eight behind them, are its own."""
    import numpy

    lengths = range(_MASKED)
    head = [(1 << 8 * min(length, 4)) - 1 for length in lengths]
    tail = [(1 << 8 * min(max(length - 4, 0), 8)) - 1 for length in lengths]
    return numpy.array(head, dtype=numpy.uint64), numpy.array(tail, dtype=numpy.uint64)
