"""Parts of artifacts as plain JSON values and back, a short list each.

There may be thousands, of which most say the same in most respects: what several share stands
once, and they say which it is.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Part
from seeknal.values.tracking import Covered

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDS = (0, 0, 0, 0, 0, 0, 0, "", "")
"""What stands for what a list does not have at its end, before that of a file begins."""
_SUM = 16
"""Hex digits of one sum of a digest."""


@cache
def column_of(entry: tuple[str, str, bool]) -> Column:
    """A column that was written down. Many nodes have the same: they are one object."""
    return Column(*entry)


class _Shared:
    """Values by their numbers, each once; ``key`` makes one hashable."""

    def __init__(self, key: Callable[[Any], Hashable] = lambda value: value) -> None:
        self.values: list[Any] = []
        self._key = key
        self._numbers: dict[Hashable, int] = {}
        # To hash a long one costs more than to see that it is the one of before.
        self._last: tuple[Any, int] | None = None

    def number(self, value: Any) -> int:
        if self._last is not None and self._last[0] is value:
            return self._last[1]
        number = self._numbers.setdefault(self._key(value), len(self.values))
        if number == len(self.values):
            self.values.append(value)
        self._last = (value, number)
        return number


def folder_of(path: str) -> str:
    """The folder of an artifact, in which its parts are."""
    return path.rpartition("/")[0]


def folder_for(node: NodeId) -> str:
    """The same of one that a node would have."""
    return f"cache/{node.kind}/{node.name}"


def encode_parts(parts: Sequence[Part], folder: str) -> dict[str, Any]:
    """What `decode_parts` takes back. ``folder``: where most of their files are."""
    names, definitions, columns = _Shared(), _Shared(), _Shared()
    inputs = _Shared(lambda value: None if value is None else tuple(sorted(value.items())))
    rows = [
        _trimmed(
            [
                part.start,
                part.end,
                part.rows,
                definitions.number(part.definition),
                inputs.number(part.inputs),
                columns.number(part.columns),
                part.number,
                "".join(f"{value:0{_SUM}x}" for value in part.digest) if part.digest else "",
                [list(gap) for gap in part.gaps] or "",
                *(_encode_file(part, folder, names) if part.path else ()),
            ]
        )
        for part in parts
    ]
    return {
        "parts": rows,
        "names": names.values,
        "definitions": definitions.values,
        "inputs": [None if value is None else dict(value) for value in inputs.values],
        "columns": [
            [[column.name, column.type, column.nullable] for column in value]
            for value in columns.values
        ],
    }


def _encode_file(part: Part, folder: str, names: _Shared) -> list[Any]:
    start, tail = f"{folder}/", f"-{part.sha256[:16]}.parquet"
    named = part.path.startswith(start) and part.path.endswith(tail)
    name = names.number(part.path[len(start) : -len(tail)]) if named else part.path
    size, modified, changed, inode, device = part.stat
    # What stat calls the size is the size, unless nobody has looked yet.
    stat = [modified, changed - modified, inode, device, size - part.size]
    return [name, part.sha256, part.size, part.whole + 2 * part.wide, *stat]


def _trimmed(row: list[Any]) -> list[Any]:
    """Without what is at the end and says nothing."""
    while row and row[-1] in ("", 0):
        row.pop()
    return row


def decode_parts(data: Mapping[str, Any], folder: str) -> tuple[Part, ...]:
    """The parts that ``data`` describes."""
    inputs = [
        None if value is None else {NodeId(id): output for id, output in value.items()}
        for value in data["inputs"]
    ]
    columns = [tuple(column_of(tuple(entry)) for entry in value) for value in data["columns"]]
    return tuple(
        _decode(row, folder, data["names"], data["definitions"], inputs, columns)
        for row in data["parts"]
    )


def _decode(
    row: Sequence[Any],
    folder: str,
    names: Sequence[str],
    definitions: Sequence[str],
    inputs: Sequence[Mapping[NodeId, str] | None],
    columns: Sequence[tuple[Column, ...]],
) -> Part:
    told: list[Any] = [*row[: len(_ENDS)], *_ENDS[len(row) :]]
    start, end, rows, definition, read, held, number, digest, gaps = told
    return Part(
        start=start,
        end=end,
        rows=rows,
        definition=definitions[definition],
        inputs=inputs[read],
        columns=columns[held],
        number=number,
        gaps=tuple((begin, finish) for begin, finish in gaps),
        digest=(int(digest[:_SUM], 16), int(digest[_SUM:], 16)) if digest else None,
        **(_decode_file(row[len(_ENDS) :], folder, names) if len(row) > len(_ENDS) else {}),
    )


def _decode_file(row: Sequence[Any], folder: str, names: Sequence[str]) -> dict[str, Any]:
    name, sha256, size, *rest = row
    rest += [0] * (6 - len(rest))
    marks, modified, changed, inode, device, more = rest
    return {
        "path": name if isinstance(name, str) else f"{folder}/{names[name]}-{sha256[:16]}.parquet",
        "sha256": sha256,
        "size": size,
        "whole": bool(marks & 1),
        "wide": bool(marks & 2),
        "stat": (size + more, modified, modified + changed, inode, device),
    }


def encode_covered(covered: Covered) -> dict[str, Any]:
    """What `decode_covered` takes back."""
    return {
        "column": covered.column,
        "unit": covered.unit,
        "timezone": covered.timezone,
        "first": covered.first,
        "done": [list(span) for span in covered.done],
        **({"follows": list(covered.follows)} if covered.follows else {}),
    }


def decode_covered(data: Mapping[str, Any]) -> Covered:
    """The moments that ``data`` describes."""
    return Covered(
        column=data["column"],
        unit=data["unit"],
        timezone=data["timezone"],
        first=data["first"],
        done=tuple((start, end) for start, end in data["done"]),
        follows=tuple(data.get("follows", ())),
    )
