"""A change of a query: something else stands where a part of it stood."""

from __future__ import annotations

from typing import Any

from attrs import frozen


@frozen
class Change:
    """``rungs`` stand in turn where ``node`` stands."""

    node: Any
    rungs: tuple[Any, ...]
    words: str


def change(node: Any, words: str, *rungs: Any) -> Change:
    """A change of ``node``, in words that say what becomes of it."""
    return Change(node, rungs, words)


def text(node: Any) -> str:
    """A part of a query for people, shortened."""
    written = " ".join(str(node.sql("duckdb", comments=False)).split())
    return written if len(written) <= 60 else f"{written[:57]}..."


def altered(node: Any, **args: Any) -> Any:
    """A copy of ``node`` with other arguments."""
    copy = node.copy()
    for key, value in args.items():
        copy.set(key, value)
    return copy


def copied(node: Any) -> dict[str, Any]:
    """Copies of the arguments of ``node``, for a node of another kind."""
    return dict(node.copy().args)
