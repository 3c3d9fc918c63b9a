"""Rows from DuckDB as lines of JSON, in parts of bounded size, in constant memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import DeliveryError, quote_identifier, without_values

if TYPE_CHECKING:
    from seeknal.plugin import Context, Relation
    from seeknal_starrocks.writetypes import Writing

MOST_BYTES = 48 << 20
"""Of a part; StarRocks takes 100 MB of JSON at once."""
LARGEST = 100_000_000
_BATCH_ROWS = 2_048


@frozen(kw_only=True)
class Part:
    """Whole lines. ``pieces`` are buffers that follow one another."""

    pieces: Sequence[Any]
    size: int
    rows: int


def parts_of(
    relation: Relation,
    writings: Sequence[Writing],
    context: Context,
    private: Collection[str],
) -> Iterator[Part]:
    """The rows; none where there are none. Raises DeliveryError when reading them fails."""
    fields = ", ".join(f"{quote_identifier(w.name)} := {w.selected}" for w in writings)
    query = (
        f"SELECT CAST(to_json(struct_pack({fields})) AS VARCHAR) || chr(10) AS line"
        f" FROM {relation.scan}"
    )
    pieces: list[Any] = []
    size = rows = 0
    # A cursor of its own: this one's reader stays open while others may work.
    with context.duckdb.cursor() as duck:
        for piece, count in _pieces(_reader(duck.sql(query)), private):
            if size and size + len(piece) > MOST_BYTES:
                yield Part(pieces=pieces, size=size, rows=rows)
                pieces, size, rows = [], 0, 0
            pieces.append(piece)
            size, rows = size + len(piece), rows + count
    if rows:
        yield Part(pieces=pieces, size=size, rows=rows)


def _reader(rows: Any) -> Any:
    if hasattr(rows, "to_arrow_reader"):
        return rows.to_arrow_reader(_BATCH_ROWS)
    return rows.fetch_arrow_reader(_BATCH_ROWS)


def _pieces(reader: Any, private: Collection[str]) -> Iterator[tuple[Any, int]]:
    """Bytes of whole lines, and how many: a line ends where the next one begins."""
    try:
        for batch in reader:
            yield from _cut(batch.column(0))
    except OSError as error:
        # So Arrow tells what DuckDB met on the way.
        said = without_values(error, private)
        raise DeliveryError(f"the rows could not be read: {said}", code="SK1937") from error


def _cut(lines: Any) -> Iterator[tuple[Any, int]]:
    import pyarrow

    large = pyarrow.types.is_large_string(lines.type)
    _, offsets, data = lines.buffers()
    ends = memoryview(offsets).cast("q" if large else "i")
    ends = ends[lines.offset : lines.offset + len(lines) + 1]
    bytes = memoryview(data) if data is not None else memoryview(b"")
    first = 0
    while first < len(lines):
        last = max(first + 1, bisect_right(ends, ends[first] + MOST_BYTES) - 1)
        piece = bytes[ends[first] : ends[last]]
        if len(piece) > LARGEST:
            raise DeliveryError(
                f"a row has {len(piece):,} bytes as JSON, more than StarRocks loads",
                code="SK1937",
                help="leave the largest columns out, or make them smaller",
            )
        yield piece, last - first
        first = last
